using Transfuse.Apply.Backends;
using Transfuse.Apply.Backends.Managed;
using Transfuse.Apply.Backends.Mlx;

namespace Transfuse.Apply.Tests.Support;

/// <summary>
/// The backends that the same tests run on. MLX is looked for as the command does; where it is not found, its tests are skipped with the places that were
/// tried.
/// </summary>
public static class TestBackends
{
    private static readonly Lazy<(MlxLibrary? Library, string Reason)> Found = new(() =>
    {
        (MlxLibrary? library, System.Collections.Immutable.ImmutableArray<MlxAttempt> attempts) = MlxLibrary.Find();
        return (
            library, $"MLX is not here: {string.Join("; ", attempts.Select(attempt => $"{attempt.Path} {attempt.Refusal}"))}. TRANSFUSE_MLX names libmlxc.");
    });

    /// <summary>The library, or a skipped test.</summary>
    public static MlxLibrary Library
    {
        get
        {
            Assert.SkipWhen(Found.Value.Library is null, Found.Value.Reason);
            return Found.Value.Library!;
        }
    }

    public static ITensorBackend Managed() => new ManagedBackend();

    /// <summary>MLX on its CPU, in float32.</summary>
    public static ITensorBackend Mlx() => new MlxBackend(Library, new MlxOptions { OnCpu = true });
}
