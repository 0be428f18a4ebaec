using Transfuse.Conversion.LinearAlgebra;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>
/// Lets exact products pass up to a rank, and truncates above it only where that was asked for: <c>--max-rank</c>, by default half of a module's smaller side,
/// and <c>--svd-rank</c>, which without <c>--max-rank</c> holds for every module whose rank is above it.
/// </summary>
internal sealed class RankLimit(MethodOptions options)
{
    // Beyond any model, and far enough from the largest size in bytes.
    private const long LargestExtent = 1 << 30;

    /// <summary>The module as LoRA, and what was found.</summary>
    /// <returns>The module, or <see langword="null"/> where the finding is an error.</returns>
    public (AdapterModule? Module, Finding? Finding) Apply(MethodModule module, double dropout)
    {
        if (!ModulePath.TryParse(module.Path, out ModulePath path))
        {
            return (null, TensorCodes.BadPath.At(module.Path.Length == 0 ? "(no path)" : module.Path, "is not the path of a module"));
        }

        if (Math.Max(module.Outputs, module.Inputs) > LargestExtent)
        {
            return (null, MethodCodes.PartShape.At(module.Path, $"would map {module.Inputs} inputs to {module.Outputs} outputs"));
        }

        if (!float.IsFinite((float)module.Scale))
        {
            return (null, MethodCodes.OutOfRange.At(module.Path, FormattableString.Invariant($"has the scale {module.Scale:G4}")));
        }

        long limit = options.MaxRank ?? options.SvdRank ?? Math.Max(1, Math.Min(module.Outputs, module.Inputs) / 2);
        if (module.Rank <= Math.Min(limit, LargestExtent))
        {
            ILowRankProduct exact = module.Product();
            return (Module(module, path, exact.A, exact.B, dropout), null);
        }

        if (options.SvdRank is not { } rank)
        {
            string origin = options.MaxRank is null ? "half of the smaller side" : "--max-rank";
            return (null, MethodCodes.RankLimit.At(
                module.Path, $"maps {module.Inputs} to {module.Outputs} and has rank {module.Rank}; the limit is {limit} ({origin}): --max-rank {module.Rank} keeps it exact, --svd-rank N truncates it to N"));
        }

        return Truncate(module, path, rank, dropout);
    }

    private (AdapterModule? Module, Finding Finding) Truncate(MethodModule module, ModulePath path, int wanted, double dropout)
    {
        if (module.Rank > LargestExtent || module.Product() is not { CanDecompose: true } product)
        {
            return (null, MethodCodes.NotTruncatable.At(module.Path, $"maps {module.Inputs} to {module.Outputs} and has rank {module.Rank}"));
        }

        ILowRankSvd svd = product.Decompose(options.CancellationToken);
        ReadOnlySpan<double> values = svd.Values.AsSpan();
        int rank = Math.Min(wanted, SingularValues.NumericalRank(values));
        double error = SingularValues.RemainingError(values, rank);
        (LazyTensor a, LazyTensor b) = svd.Truncate(rank);
        FindingCode code = error <= SingularValues.FloatEpsilon ? MethodCodes.TruncatedWithoutLoss : MethodCodes.Truncated;
        string what = code == MethodCodes.Truncated ? "relative error" : "without loss, relative error";
        return (Module(module, path, a, b, dropout), code.At(module.Path, FormattableString.Invariant($"rank {module.Rank} became {rank}; {what} {error:G4}")));
    }

    private static AdapterModule Module(MethodModule module, ModulePath path, LazyTensor a, LazyTensor b, double dropout) => new()
    {
        SourcePath = module.Path,
        Path = path,
        Kind = ModuleKind.Linear,
        A = a,
        B = b,
        Rank = checked((int)a.Shape[0]),
        Scale = module.Scale,
        Dropout = dropout,
    };
}
