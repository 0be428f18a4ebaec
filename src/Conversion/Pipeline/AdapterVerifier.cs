using System.Collections.Immutable;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Stages;
using Transfuse.Conversion.Stages.Fit;
using Transfuse.Conversion.Stages.Fit.Mapping;
using Transfuse.Conversion.Stages.Fit.Targets;
using Transfuse.Conversion.Stages.Read;
using Transfuse.Conversion.Verification;
using Transfuse.Formats.Files;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Pipeline;

/// <summary>
/// Compares two adapters of any dialects. Adapters of one layout are compared as they are; otherwise both are brought into MLX's layout,
/// where gate and up are apart and experts stacked.
/// </summary>
/// <example>
/// <code>
/// using IAdapterSource first = AdapterSource.Open("adapters/llama"), second = AdapterSource.Open("adapters/llama-mlx");
/// VerificationResult result = await AdapterVerifier.VerifyAsync(first, second, new ConversionOptions { Base = baseModel });
/// Console.WriteLine(result.Comparison?.WorstRelativeError);
/// </code>
/// </example>
public static class AdapterVerifier
{
    /// <summary>Compares.</summary>
    /// <param name="first">One adapter.</param>
    /// <param name="second">The other.</param>
    /// <param name="options">
    /// What the caller decides; of it what decides how adapters are read and compared matters, and counts for both. The base may be left out where names are
    /// unambiguous. Default: <see cref="ConversionOptions.Default"/>.
    /// </param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static VerificationResult Verify(
        IAdapterSource first, IAdapterSource second, ConversionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        options ??= ConversionOptions.Default;
        var log = new FindingLog(options.Allowed);
        try
        {
            AdapterComparison? comparison = Compare(first, second, new Run(options, log, cancellationToken));
            return new VerificationResult(log.ToSorted(), comparison);
        }
        catch (ContainerException broken)
        {
            log.Add(DamagedFile.Describe(broken));
            return new VerificationResult(log.ToSorted(), null);
        }
    }

    /// <summary>Compares on a worker thread; the work itself is synchronous. See <see cref="Verify"/>.</summary>
    public static Task<VerificationResult> VerifyAsync(
        IAdapterSource first, IAdapterSource second, ConversionOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => Verify(first, second, options, cancellationToken), cancellationToken);

    private static AdapterComparison? Compare(IAdapterSource first, IAdapterSource second, Run run)
    {
        using ReadResult? left = ReadAdapter.ToCompare(first, run);
        using ReadResult? right = ReadAdapter.ToCompare(second, run);
        foreach (ReadResult empty in new[] { left, right }.OfType<ReadResult>()
            .Where(read => read.Adapter is { Modules.IsEmpty: true, OtherTensors.IsEmpty: true }))
        {
            run.Log.Add(TensorCodes.NoModules.At(empty.Content.Name, "has no module that could be compared"));
        }

        if (left is null || right is null || run.Log.HasErrors)
        {
            return null;
        }

        ValueProbes.Vanishing(left.Adapter, left.Dialect, run.Log);
        ValueProbes.Vanishing(right.Adapter, right.Dialect, run.Log);
        CompareSettings(left, right, run.Log);
        CompareOthers(SavedEmbeddings.LeaveOutEqual(left.Adapter, run), SavedEmbeddings.LeaveOutEqual(right.Adapter, run), run.Log, run.CancellationToken);
        (Adapter First, Adapter Second)? brought = HaveOneForm(left.Adapter, right.Adapter)
            ? UnderOneRoot(left.Adapter, right.Adapter, run) ?? (left.Adapter, right.Adapter)
            : InMlx(left.Adapter, right.Adapter, run);
        return brought is not { } pair || run.Log.HasErrors ? null
            : AdapterComparer.Compare(pair.First, pair.Second, run.ComparisonOptions, run.CancellationToken);
    }

    private static bool HaveOneForm(Adapter first, Adapter second) => first.Layout == second.Layout && !NeedsMapping(first) && !NeedsMapping(second);

    // Two names of one module, by the program that holds the model, become one where the base tells which model it is. What cannot be mapped is compared as it
    // is.
    private static (Adapter First, Adapter Second)? UnderOneRoot(Adapter first, Adapter second, Run run)
    {
        return run.NamedArchitecture is not null && !HaveSamePaths(first, second)
            && run.Judge(quiet => InMlx(first, second, quiet)) is { HasErrors: false } judged ? judged.Value : null;
    }

    private static (Adapter First, Adapter Second)? InMlx(Adapter first, Adapter second, Run run)
    {
        Adapter? one = MapLayout.InMlx(first, run);
        Adapter? other = MapLayout.InMlx(second, run);
        if (one is null || other is null)
        {
            return null;
        }

        return run.NamedArchitecture is null || HaveSamePaths(one, other) ? (one, other) : (AtMlxLmsRoot(one, run), AtMlxLmsRoot(other, run));
    }

    // mlx-swift-lm and mlx-vlm hold some models under other paths than mlx-lm.
    private static Adapter AtMlxLmsRoot(Adapter adapter, Run run) =>
        run.Judge(quiet => TargetPaths.Apply(adapter with { OtherTensors = [] }, TargetProfile.MlxLm, quiet)).Value ?? adapter;

    private static bool HaveSamePaths(Adapter first, Adapter second) =>
        first.Modules.Select(module => module.FullPath).ToHashSet(StringComparer.Ordinal).SetEquals(second.Modules.Select(module => module.FullPath));

    // Factors of packed experts are comparable only when unpacked.
    private static bool NeedsMapping(Adapter adapter) => adapter.Modules.Any(module => module.Kind == ModuleKind.PackedParameter);

    // What the factors do depends on more than their values where PEFT changes the base, the input, or the rows of an embedding.
    private static void CompareSettings(ReadResult first, ReadResult second, FindingLog log)
    {
        IReadOnlyDictionary<string, string> left = first.Dialect.Settings(first.Adapter), right = second.Dialect.Settings(second.Adapter);
        foreach (string field in left.Keys.Union(right.Keys, StringComparer.Ordinal)
            .Where(field => left.GetValueOrDefault(field) != right.GetValueOrDefault(field)))
        {
            log.Add(TargetCodes.SettingsDiffer.At(
                field, $"is {left.GetValueOrDefault(field) ?? "not set"} in the first, {right.GetValueOrDefault(field) ?? "not set"} in the second"));
        }
    }

    private static void CompareOthers(Adapter first, Adapter second, FindingLog log, CancellationToken cancellationToken)
    {
        Dictionary<string, OtherTensor> right = second.OtherTensors.ToDictionary(tensor => tensor.Path, StringComparer.Ordinal);
        ImmutableArray<OtherTensor> unmatched =
        [
            .. first.OtherTensors.Where(tensor => !right.Remove(tensor.Path, out OtherTensor? twin)
                || !TensorProbe.BytesEqual(tensor.Tensor, twin.Tensor, cancellationToken)),
            .. right.Values,
        ];
        foreach (OtherTensor tensor in unmatched.Where(tensor => tensor.Kind != OtherTensorKind.TrainingState))
        {
            log.Add(TargetCodes.NotCompared.At(tensor.SourceName, "is in one of the adapters only, or differs, and is no low-rank factor"));
        }
    }
}
