using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Inference;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion.Dialects.Mlx;

/// <summary>The factors of one MLX module in the canonical orientation.</summary>
/// <param name="Path">The module.</param>
/// <param name="Kind">What it is, by the factors' shapes and its name.</param>
/// <param name="A">The factor that the input meets first.</param>
/// <param name="B">The factor that gives the output.</param>
/// <param name="Rank">The rank.</param>
/// <param name="Magnitude">DoRA's magnitude, if it has one.</param>
internal sealed record MlxModulePair(ModulePath Path, ModuleKind Kind, LazyTensor A, LazyTensor B, int Rank, LazyTensor? Magnitude)
{
    /// <summary>The pair, or <see langword="null"/> with a finding.</summary>
    public static MlxModulePair? Of(MlxModuleFactors factors, FindingLog log)
    {
        if (factors is not { A: { } a, B: { } b })
        {
            log.Add(TensorCodes.HalfPair.At(
                factors.Path, $"has {(factors.A is null ? "lora_b" : "lora_a")} but no {(factors.A is null ? "lora_a" : "lora_b")}"));
            return null;
        }

        if (!ModulePath.TryParse(factors.Path, out ModulePath path))
        {
            log.Add(TensorCodes.BadPath.At(factors.Path.Length == 0 ? "(no path)" : factors.Path, "is not the path of a module"));
            return null;
        }

        if (!a.DType.IsFactorFloat() || !b.DType.IsFactorFloat())
        {
            log.Add(TensorCodes.NotFloat.At(factors.Path, $"lora_a is {a.DType.SafetensorsName()}, lora_b is {b.DType.SafetensorsName()}"));
            return null;
        }

        (MlxFactorShape form, long rank) = RankInference.Infer(a.Shape, b.Shape, factors.Form == MlxFactorForm.Layers);
        if (form == MlxFactorShape.Deep || (rank > 0 && (a.Shape.ElementCount == 0 || b.Shape.ElementCount == 0)))
        {
            log.Add(TensorCodes.WrongDimensions.At(factors.Path, $"lora_a is {a.Shape} and lora_b is {b.Shape}, which no MLX layer has"));
            return null;
        }

        if (form == MlxFactorShape.None)
        {
            log.Add(TensorCodes.RankMismatch.At(factors.Path, $"lora_a is {a.Shape} and lora_b is {b.Shape}, which agree on no rank"));
            return null;
        }

        if (rank == 0)
        {
            log.Add(factors.Magnitude is { } alone
                ? TensorCodes.EmptyRankMagnitude.At(factors.Path, $"has rank 0, and m is {alone.Tensor.Shape}")
                : TensorCodes.EmptyRank.At(factors.Path, "has rank 0"));
            return null;
        }

        (a, b) = Orient(form, a, b);
        ModuleKind kind = form is MlxFactorShape.Experts or MlxFactorShape.FlattenedExperts ? ModuleKind.Experts
            : EmbeddingNames.Contains(path.Leaf) ? ModuleKind.Embedding : ModuleKind.Linear;
        return new MlxModulePair(path, kind, a, b, checked((int)rank), factors.Magnitude?.Tensor);
    }

    /// <summary>The module, or <see langword="null"/> with a finding.</summary>
    public AdapterModule? ToModule(double scale, double dropout, FindingLog log)
    {
        var module = new AdapterModule { SourcePath = Path.Text, Path = Path, Kind = Kind, A = A, B = B, Rank = Rank, Scale = scale, Dropout = dropout };
        return Magnitude is null ? module : WithMagnitude(module, Magnitude, log);
    }

    private static (LazyTensor A, LazyTensor B) Orient(MlxFactorShape form, LazyTensor a, LazyTensor b) => form switch
    {
        MlxFactorShape.Plain => (a.Transpose(), b.Transpose()),
        MlxFactorShape.FlattenedExperts => (a.Reshape(new TensorShape(b.Shape[0], b.Shape[2], a.Shape[1])), b),
        _ => (a, b),
    };

    private static AdapterModule? WithMagnitude(AdapterModule module, LazyTensor magnitude, FindingLog log)
    {
        // A row of an embedding is a token, so mlx-lm's embedding magnitudes have one value for each.
        long rows = module.Kind == ModuleKind.Embedding ? module.InputSize : module.OutputSize;
        if (magnitude.Shape == new TensorShape(rows) && module.Kind != ModuleKind.Experts && magnitude.DType.IsFactorFloat())
        {
            return module with { Magnitude = magnitude };
        }

        log.Add(TensorCodes.MagnitudeShape.At(module.SourcePath, $"m is {magnitude.DType.SafetensorsName()} {magnitude.Shape}, but the module needs ({rows})"));
        return null;
    }
}
