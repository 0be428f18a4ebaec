using Transfuse.Formats.Numerics;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>
/// Lets exact products pass, and names those that are large; <c>--max-rank</c> limits them, and <c>--svd-rank</c> truncates what is above the limit,
/// without <c>--max-rank</c> every module whose rank is above it.
/// </summary>
internal sealed class RankLimit(MethodOptions options)
{
    // Beyond any model, and far enough from the largest size in bytes.
    private const long LargestExtent = 1 << 30;

    // A product of two factors of rank 64 (LoHa) has it. A few bytes can ask for far more, which no matrix of a smaller side needs.
    private const int LargestExcess = 4096;

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

        long side = Math.Min(module.Outputs, module.Inputs);
        long limit = options.MaxRank ?? options.SvdRank ?? Math.Max(side, LargestExcess);
        if (module.Rank <= Math.Min(limit, LargestExtent))
        {
            ILowRankProduct exact = module.Product();
            Finding? large = module.Rank > Math.Max(1, side / 2)
                ? MethodCodes.RankLarge.At(module.Path, $"maps {module.Inputs} to {module.Outputs} and has rank {module.Rank}; --svd-rank N truncates it to N")
                : null;
            return (Module(module, path, exact.A, exact.B, dropout), large);
        }

        if (options.SvdRank is not { } rank)
        {
            string origin = options.MaxRank is null ? "no matrix of this size needs more" : "--max-rank";
            return (null, MethodCodes.RankLimit.At(
                module.Path,
                $"maps {module.Inputs} to {module.Outputs} and has rank {module.Rank}; the limit is {limit} ({origin}): --max-rank {module.Rank} keeps it "
                + "exact, --svd-rank N truncates it to N"));
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
