using System.Text.Json.Nodes;
using Transfuse.Conversion.Sources;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Support;

/// <summary>An adapter made by hand, in memory. Values are small multiples of a power of two, so that products are exact in float32.</summary>
public sealed class SmallAdapter
{
    private readonly string _weightsFile;
    private readonly Random _random = new(5);

    private SmallAdapter(string weightsFile, string config)
    {
        _weightsFile = weightsFile;
        Config = JsonNode.Parse(config)!.AsObject();
    }

    public JsonObject Config { get; }

    public Dictionary<string, OracleTensor> Tensors { get; } = new(StringComparer.Ordinal);

    /// <summary>A PEFT adapter of rank 2 and alpha 4 with further config fields, as the inside of a JSON object.</summary>
    public static SmallAdapter Peft(string fields = "") => new(
        "adapter_model.safetensors",
        $$"""{"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 2, "lora_alpha": 4, "target_modules": []{{(fields.Length == 0 ? "" : ", ")}}{{fields}}}""");

    /// <summary>An adapter of mlx-lm.</summary>
    public static SmallAdapter Mlx(int rank = 2, double scale = 2, string fields = "") => new(
        "adapters.safetensors",
        $$"""{"fine_tune_type": "lora", "num_layers": 16, "lora_parameters": {"rank": {{rank}}, "scale": {{scale}}, "dropout": 0.0}{{(fields.Length == 0 ? "" : ", ")}}{{fields}}}""");

    public SmallAdapter Set(string field, string json)
    {
        Config[field] = JsonNode.Parse(json);
        return this;
    }

    /// <summary>Adds a tensor and gives its values.</summary>
    public DenseArray Put(string name, DenseArray values)
    {
        Tensors[name] = OracleTensor.F32(name, values);
        return values;
    }

    /// <summary>Adds a tensor in another dtype and gives its values as they are stored.</summary>
    public DenseArray Put(string name, DenseArray values, string dtype)
    {
        Tensors[name] = OracleTensor.Of(name, values, dtype);
        return Tensors[name].ToArray();
    }

    /// <summary>Adds a tensor of random values and gives them.</summary>
    public DenseArray Random(string name, params long[] shape) => Put(name, Values(shape));

    /// <summary>Random values, none of them zero.</summary>
    public DenseArray Values(params long[] shape)
    {
        DenseArray values = DenseArray.Zeros(shape);
        for (int i = 0; i < values.Values.Length; i++)
        {
            values.Values[i] = (_random.Next(1, 8) * (_random.Next(2) == 0 ? 1 : -1)) / 8.0;
        }

        return values;
    }

    /// <summary>Adds <c>lora_A.weight</c> and <c>lora_B.weight</c> of a PEFT module, and gives B A.</summary>
    public DenseArray Pair(string module, long inputs, long outputs, long rank = 2)
    {
        DenseArray a = Random($"base_model.model.{module}.lora_A.weight", rank, inputs);
        return Dense.Multiply(Random($"base_model.model.{module}.lora_B.weight", outputs, rank), a);
    }

    /// <summary>
    /// Adds the packed factors of a parameter of experts as PEFT's ParamWrapper stores them, and gives B A of each expert. The key is the module with its
    /// <c>.base_layer</c> segments.
    /// </summary>
    public DenseArray Packed(string key, int experts, long inputs, long outputs, long rank = 2)
    {
        DenseArray a = Random($"base_model.model.{key}.lora_A.weight", experts * rank, inputs);
        DenseArray b = Random($"base_model.model.{key}.lora_B.weight", outputs, experts * rank);
        return UnpackedDelta(a, b, experts);
    }

    /// <summary>Adds <c>lora_a</c> and <c>lora_b</c> of a Linear of MLX, and gives the change of its weight (out, in) without the scale.</summary>
    public DenseArray MlxPair(string module, long inputs, long outputs, long rank = 2)
    {
        DenseArray a = Random($"{module}.lora_a", inputs, rank);
        return Dense.Transpose(Dense.Multiply(a, Random($"{module}.lora_b", rank, outputs)));
    }

    /// <summary>Adds <c>lora_a</c> and <c>lora_b</c> of stacked experts of MLX, and gives the change of each expert's weight without the scale.</summary>
    public DenseArray MlxExperts(string module, int experts, long inputs, long outputs, long rank = 2)
    {
        DenseArray a = Random($"{module}.lora_a", experts, rank, inputs);
        DenseArray b = Random($"{module}.lora_b", experts, outputs, rank);
        return Dense.Stack([.. Enumerable.Range(0, experts).Select(e => Dense.Multiply(Dense.Expert(b, e), Dense.Expert(a, e)))]);
    }

    /// <summary>Row e r + k of A and column k E + e of B belong to expert e.</summary>
    public static DenseArray UnpackedDelta(DenseArray a, DenseArray b, int experts)
    {
        long rank = a.Shape[0] / experts;
        DenseArray delta = DenseArray.Zeros(experts, b.Shape[0], a.Shape[1]);
        for (int e = 0; e < experts; e++)
        {
            for (long o = 0; o < b.Shape[0]; o++)
            {
                for (long i = 0; i < a.Shape[1]; i++)
                {
                    for (long k = 0; k < rank; k++)
                    {
                        delta[e, o, i] += b[o, (k * experts) + e] * a[(e * rank) + k, i];
                    }
                }
            }
        }

        return delta;
    }

    public IAdapterSource Open() => AdapterSource.FromMemory("adapter", Files());

    /// <summary>Its files, as in a folder.</summary>
    public Dictionary<string, ReadOnlyMemory<byte>> Files() => new(StringComparer.Ordinal)
    {
        ["adapter_config.json"] = System.Text.Encoding.UTF8.GetBytes(WithTargets().ToJsonString()),
        [_weightsFile] = OracleSafetensors.ToBytes(Tensors.Values),
    };

    // PEFT makes adapters by this list alone: unless a test says something else, it names the modules of the file.
    private JsonObject WithTargets()
    {
        if (Config["target_modules"] is not JsonArray { Count: 0 } || Config.ContainsKey("target_parameters"))
        {
            return Config;
        }

        JsonObject config = Config.DeepClone().AsObject();
        config["target_modules"] = new JsonArray(
            [.. Tensors.Keys.Where(
                name => name.Contains(".lora_", StringComparison.Ordinal)).Select(ModuleOf).Distinct().Select(path => JsonValue.Create(path))]);
        return config;
    }

    private static string ModuleOf(string name)
    {
        string path = name[..name.IndexOf(".lora_", StringComparison.Ordinal)];
        int root = path.IndexOf("base_model.model.", StringComparison.Ordinal);
        return path[(root < 0 ? 0 : root + "base_model.model.".Length)..].Replace(".base_layer", string.Empty, StringComparison.Ordinal);
    }
}
