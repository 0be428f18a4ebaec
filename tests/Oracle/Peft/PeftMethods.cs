using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>Changes of Linear weights by the methods of PEFT 0.21 that are not LoRA: ADALORA, LOHA, LOKR, VERA (with saved projections) and IA3.</summary>
public static class PeftMethods
{
    private const string Prefix = "base_model.model.";

    public static IReadOnlyDictionary<string, OracleDelta> Read(
        JsonElement config, IReadOnlyDictionary<string, OracleTensor> tensors, HfBase? hfBase)
    {
        string type = config.GetText("peft_type") ?? "";
        Dictionary<string, Dictionary<string, DenseArray>> modules = new(StringComparer.Ordinal);
        foreach (OracleTensor tensor in tensors.Values.Where(t => t.Name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            int dot = tensor.Name.LastIndexOf('.');
            string module = tensor.Name[Prefix.Length..dot];
            if (!modules.TryGetValue(module, out Dictionary<string, DenseArray>? parts))
            {
                modules[module] = parts = [];
            }

            parts[tensor.Name[(dot + 1)..]] = tensor.ToArray();
        }

        IReadOnlyDictionary<string, DenseArray>? weights = type == "IA3" ? hfBase!.Weights : null;
        return modules.ToDictionary(
            m => m.Key + ".weight",
            m => type switch
            {
                "ADALORA" => AdaLora(config, m.Key, m.Value),
                "LOHA" => LoHa(config, m.Key, m.Value),
                "LOKR" => LoKr(config, m.Key, m.Value),
                "VERA" => Vera(m.Key, m.Value, tensors["base_model.vera_A"].ToArray(), tensors["base_model.vera_B"].ToArray()),
                "IA3" => Ia3(m.Key, m.Value["ia3_l"], weights![m.Key + ".weight"]),
                _ => throw new InvalidDataException($"peft_type {type}"),
            },
            StringComparer.Ordinal);
    }

    /// <summary>B (A E) alpha / (init_r + 1e-5), E a column.</summary>
    private static OracleDelta AdaLora(JsonElement config, string module, Dictionary<string, DenseArray> parts)
    {
        double initial = config.GetNumber("init_r", 12);
        double alpha = config.GetNumber("lora_alpha", 8);
        double scale = (alpha > 0 ? alpha : initial) / (initial + 1e-5);
        DenseArray a = ScaleRows(parts["lora_A"], parts["lora_E"]);
        return new OracleDelta(module + ".weight", Dense.Scale(Dense.Multiply(parts["lora_B"], a), scale), a.Shape[0], scale);
    }

    /// <summary>(w1_a w1_b) times (w2_a w2_b), element by element.</summary>
    private static OracleDelta LoHa(JsonElement config, string module, Dictionary<string, DenseArray> parts)
    {
        double scale = config.GetNumber("alpha", 8) / config.GetNumber("r", 8);
        DenseArray first = Dense.Multiply(parts["hada_w1_a"], parts["hada_w1_b"]);
        DenseArray second = Dense.Multiply(parts["hada_w2_a"], parts["hada_w2_b"]);
        double[] values = [.. first.Values.Zip(second.Values, (x, y) => scale * x * y)];
        return new OracleDelta(module + ".weight", new DenseArray(first.Shape, values), parts["hada_w1_b"].Shape[0], scale);
    }

    /// <summary>The Kronecker product of w1 and w2, either of which may be a product of two factors.</summary>
    private static OracleDelta LoKr(JsonElement config, string module, Dictionary<string, DenseArray> parts)
    {
        double scale = config.GetNumber("alpha", 8) / config.GetNumber("r", 8);
        DenseArray Factor(string name) => parts.GetValueOrDefault(name) ?? Dense.Multiply(parts[name + "_a"], parts[name + "_b"]);
        DenseArray first = Factor("lokr_w1");
        DenseArray second = Factor("lokr_w2");
        DenseArray product = DenseArray.Zeros(first.Shape[0] * second.Shape[0], first.Shape[1] * second.Shape[1]);
        for (long i = 0; i < product.Shape[0]; i++)
        {
            for (long j = 0; j < product.Shape[1]; j++)
            {
                product[i, j] = scale * first[i / second.Shape[0], j / second.Shape[1]] * second[i % second.Shape[0], j % second.Shape[1]];
            }
        }

        return new OracleDelta(module + ".weight", product, 0, scale);
    }

    /// <summary>diag(lambda_b) B diag(lambda_d) A of the shared projections cut to the size of this weight.</summary>
    private static OracleDelta Vera(string module, Dictionary<string, DenseArray> parts, DenseArray sharedA, DenseArray sharedB)
    {
        DenseArray b = ScaleRows(Dense.Rows(sharedB, 0, 1, parts["vera_lambda_b"].Shape[0]), parts["vera_lambda_b"]);
        DenseArray a = ScaleRows(sharedA, parts["vera_lambda_d"]);
        return new OracleDelta(module + ".weight", Dense.Multiply(b, a), a.Shape[0], 1);
    }

    /// <summary>W l - W, with l as a column (out, 1) or, for feed-forward modules, a row (1, in).</summary>
    private static OracleDelta Ia3(string module, DenseArray l, DenseArray weight)
    {
        DenseArray delta = DenseArray.Zeros(weight.Shape);
        for (long i = 0; i < weight.Shape[0]; i++)
        {
            for (long j = 0; j < weight.Shape[1]; j++)
            {
                delta[i, j] = weight[i, j] * ((l.Shape[0] == 1 ? l.Values[j] : l.Values[i]) - 1);
            }
        }

        return new OracleDelta(module + ".weight", delta, 0, 1);
    }

    private static DenseArray ScaleRows(DenseArray matrix, DenseArray factors)
    {
        DenseArray result = DenseArray.Zeros(matrix.Shape);
        for (long i = 0; i < matrix.Shape[0]; i++)
        {
            for (long j = 0; j < matrix.Shape[1]; j++)
            {
                result[i, j] = factors.Values[i] * matrix[i, j];
            }
        }

        return result;
    }
}
