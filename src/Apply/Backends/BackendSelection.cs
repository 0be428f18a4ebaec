using System.Collections.Immutable;
using Transfuse.Apply.Backends.Managed;
using Transfuse.Apply.Backends.Mlx;

namespace Transfuse.Apply.Backends;

/// <summary>Makes the backend that was asked for, or the best that proves itself.</summary>
/// <example>
/// <code>
/// using ITensorBackend best = new BackendSelection { Kind = BackendKind.Best }.Open();
/// Console.WriteLine(best.Name);
/// </code>
/// </example>
public sealed record BackendSelection
{
    /// <summary>Which one. Default: the best.</summary>
    public BackendKind Kind { get; init; }

    /// <summary>The file of mlx-c, or a folder that holds it; <see langword="null"/> to look for it.</summary>
    public string? Library { get; init; }

    /// <summary>In which dtype MLX computes. Default: float32.</summary>
    public MlxCompute Compute { get; init; }

    /// <summary>Threads of the managed backend; 0 for one for each core. Default: 0.</summary>
    public int Threads { get; init; }

    /// <summary>Makes it. Weights are let go as soon as they were used: what asks for a selection runs a model once.</summary>
    /// <exception cref="MlxException">MLX was asked for by name and cannot be used.</exception>
    public ITensorBackend Open()
    {
        if (Kind == BackendKind.Managed)
        {
            return new ManagedBackend(Threads);
        }

        (MlxLibrary? library, ImmutableArray<MlxAttempt> attempts) = MlxLibrary.Find(Library);
        if (library is null)
        {
            return Kind == BackendKind.Best && Library is null ? new ManagedBackend(Threads)
                : throw new MlxException(MlxPlaces.FileName, string.Join("; ", attempts.Select(attempt => $"{attempt.Path} {attempt.Refusal}")));
        }

        var options = new MlxOptions { OnCpu = Kind == BackendKind.MlxCpu, Compute = Compute, KeepsWeights = false };
        try
        {
            var backend = new MlxBackend(library, options);
            string? failure = MlxProbe.Failure(backend);
            if (failure is null && (Kind != BackendKind.Best || backend.IsOnGpu || Library is not null))
            {
                return backend;
            }

            return Kind == BackendKind.Best && failure is null ? new ManagedBackend(Threads) : throw new MlxException(library.Path, failure ?? "");
        }
        catch (MlxException) when (Kind == BackendKind.Best && Library is null)
        {
            return new ManagedBackend(Threads);
        }
    }
}
