using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>From a pair of PEFT factors to the change of a parameter (PEFT 0.21, lora/layer.py).</summary>
public static class PeftFactors
{
    /// <summary>lora_alpha / r, or lora_alpha / sqrt(r) with rsLoRA, with the alpha that alpha_pattern gives this name. PEFT's default alpha is 8.</summary>
    public static double ScaleOf(JsonElement config, string name, long rank)
    {
        double alpha = PeftPattern.Lookup(config.Get("alpha_pattern"), name, config.GetNumber("lora_alpha", 8));
        return config.GetFlag("use_rslora") ? alpha / Math.Sqrt(rank) : alpha / rank;
    }

    /// <summary>lora_embedding_A (r, V), lora_embedding_B (d, r): delta (V, d) = s (B A)^T.</summary>
    public static OracleDelta Embedding(JsonElement config, string module, DenseArray a, DenseArray b)
    {
        double scale = ScaleOf(config, module, a.Shape[0]);
        return new OracleDelta(module + ".weight", Dense.Scale(Dense.Transpose(Dense.Multiply(b, a)), scale), a.Shape[0], scale);
    }

    /// <summary>lora_A and lora_B of a Linear, a Conv1D, or a parameter named in target_parameters.</summary>
    public static OracleDelta Parameter(JsonElement config, string module, DenseArray a, DenseArray b, HfBase? hfBase)
    {
        string owner = module.Replace(".base_layer", "", StringComparison.Ordinal);
        IReadOnlyList<HfParameter> targets = TargetParameters(config, owner, hfBase);
        if (targets.Count == 0)
        {
            return Linear(config, owner + ".weight", owner, a, b, hfBase);
        }

        // The parameter registered first is wrapped innermost: it has one base_layer for each later one.
        int depth = (module.Length - owner.Length) / ".base_layer".Length;
        HfParameter target = targets[targets.Count - 1 - depth];
        return target.Shape.Length == 3
            ? Experts(config, target, a, b, IsTransposed(config, target, a.Shape[1], b.Shape[0], hfBase!))
            : Linear(config, target.Path, target.Path, a, b, hfBase);
    }

    /// <summary>A (r, in), B (out, r): s B A in the layout of the parameter.</summary>
    public static OracleDelta Linear(JsonElement config, string path, string patternName, DenseArray a, DenseArray b, HfBase? hfBase)
    {
        double scale = ScaleOf(config, patternName, a.Shape[0]);
        DenseArray delta = Dense.Scale(Dense.Multiply(b, a), scale);
        bool transposed = hfBase?.Find(path)?.Kind == HfModuleKind.Conv1D;
        return new OracleDelta(path, transposed ? Dense.Transpose(delta) : delta, a.Shape[0], scale);
    }

    /// <summary>A (E r, in) is expert-major, B (out, r E) is rank-major: column k E + e.</summary>
    public static OracleDelta Experts(JsonElement config, HfParameter target, DenseArray a, DenseArray b, bool transposed)
    {
        long experts = target.Shape[0];
        long rank = a.Shape[0] / experts;
        long inputs = a.Shape[1];
        long outputs = b.Shape[0];
        double scale = ScaleOf(config, target.Path, rank);
        DenseArray delta = DenseArray.Zeros(target.Shape);
        for (long e = 0; e < experts; e++)
        {
            for (long o = 0; o < outputs; o++)
            {
                for (long i = 0; i < inputs; i++)
                {
                    double sum = 0;
                    for (long k = 0; k < rank; k++)
                    {
                        sum += b[o, (k * experts) + e] * a[(e * rank) + k, i];
                    }

                    if (transposed)
                    {
                        delta[e, i, o] = scale * sum;
                    }
                    else
                    {
                        delta[e, o, i] = scale * sum;
                    }
                }
            }
        }

        return new OracleDelta(target.Path, delta, rank, scale);
    }

    /// <summary>True where A works on axis 1 of the parameter and B gives axis 2. Shapes decide; for a square parameter, who wrote it.</summary>
    public static bool IsTransposed(JsonElement config, HfParameter target, long inputs, long outputs, HfBase hfBase)
    {
        bool straight = inputs == target.Shape[2] && outputs == target.Shape[1];
        bool swapped = inputs == target.Shape[1] && outputs == target.Shape[2];
        if (!straight && !swapped)
        {
            throw new InvalidDataException($"{target.Path} [{string.Join(", ", target.Shape)}] takes no factors of {inputs} inputs and {outputs} outputs");
        }

        if (straight != swapped)
        {
            return swapped;
        }

        string version = (config.GetText("peft_version") ?? "0.0").Split('@')[0];
        int[] numbers = [.. version.Split('.').Take(3).Select(p => int.TryParse(p, out int n) ? n : 0)];
        return (numbers[0], numbers[1], numbers.Length > 2 ? numbers[2] : 0) switch
        {
            (0, < 17, _) => throw new InvalidDataException($"{target.Path} is square and peft_version does not say how it was written"),
            (0, 17 or 18, _) => true,
            (0, 19, 0) => !hfBase.ExpertsTransposed,
            _ => hfBase.ExpertsTransposed,
        };
    }

    /// <summary>Parameters of this module that target_parameters names, in registration order.</summary>
    public static IReadOnlyList<HfParameter> TargetParameters(JsonElement config, string owner, HfBase? hfBase)
    {
        IReadOnlyList<string> names = config.GetStrings("target_parameters") ?? [];
        if (names.Count == 0)
        {
            return [];
        }

        IEnumerable<HfParameter> candidates = hfBase?.Parameters
            ?? throw new InvalidDataException("target_parameters cannot be read without the base");
        return [.. candidates.Where(p => p.Module == owner && names.Any(n => PeftPattern.EndsAtDot(p.Path, n)))];
    }
}
