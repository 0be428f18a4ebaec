using System.Text.Json;
using System.Text.Json.Nodes;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Tests.Models.Architectures;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>Writes and reads the PEFT form of any module of the table, by PEFT's rules and plain loops.</summary>
internal static class PeftModules
{
    private const double Tolerance = 1e-6;

    // Parameters of one module in the order in which transformers registers them.
    private static readonly string[] Registration = ["gate_up_proj", "w1", "v1", "w2", "up_proj", "down_proj"];

    /// <summary>The made-up base, without sizes: the modules of these tests have sizes of their own.</summary>
    public static string BaseConfig(ArchitectureMap map)
    {
        bool dense = map.Config!.ExpertCount(map.Architecture) == 0;
        JsonObject config = JsonNode.Parse(SyntheticBase.Json(dense))!.AsObject();
        foreach (string size in new[] { "hidden_size", "n_embd", "d_model", "model_dim", "hidden_dim" })
        {
            config.Remove(size);
        }

        config["ffn_config"]!.AsObject().Remove("ffn_hidden_size");
        config["model_type"] = map.Architecture.ModelType;
        return config.ToJsonString();
    }

    public static bool IsEmbedding(ArchitectureMap map, string path) =>
        map.Architecture.Globals.Any(global => global.Kind == TargetKind.Embedding && global.Mlx is not null && global.Mlx.TryMatch(path, out _));

    /// <summary>Adds a module with random factors, and gives the change of its matrix, or of each expert's as (out, in).</summary>
    public static NdArray[] Add(SmallAdapter adapter, ArchitectureMap map, HfMapping module, int expert, IReadOnlyCollection<string> parameters)
    {
        (long rows, long columns) = MapCases.Extent(map, module);
        if (module.Form == HfForm.Packed)
        {
            string key = Key(module, parameters);
            DenseArray delta = module.Packed!.ActsOnInput!.Value
                ? adapter.Packed(key, SyntheticBase.Experts, columns, rows)
                : Dense.Transpose(adapter.Packed(key, SyntheticBase.Experts, rows, columns));
            return [.. Enumerable.Range(0, SyntheticBase.Experts).Select(e => Array(Dense.Expert(delta, e)))];
        }

        if (module.Kind == TargetKind.Embedding)
        {
            DenseArray a = adapter.Random($"base_model.model.{module.Path}.lora_embedding_A", 2, rows);
            DenseArray b = adapter.Random($"base_model.model.{module.Path}.lora_embedding_B", columns, 2);
            return [Array(Dense.Transpose(Dense.Multiply(b, a)))];
        }

        return [Array(adapter.Pair(module.Form == HfForm.ExpertRows ? Key(module, parameters) : module.PathOf(expert), columns, rows))];
    }

    /// <summary>Reads what a written PEFT adapter changes there, scale included.</summary>
    public static NdArray[] Read(Converted converted, ArchitectureMap map, HfMapping module, int expert)
    {
        if (module.Kind == TargetKind.Embedding)
        {
            string name = $"base_model.model.{module.Path}.lora_embedding_";
            Assert.Contains(module.Path, Strings(converted.Config, "target_modules"));
            OracleDelta delta = PeftFactors.Embedding(
                converted.Config, module.Path, converted.Tensor(name + "A").ToArray(), converted.Tensor(name + "B").ToArray());
            return [Array(delta.Delta)];
        }

        string[] parameters = Strings(converted.Config, "target_parameters");
        bool isParameter = parameters.Contains(module.ParameterPath);
        Assert.True(
            isParameter || (module.Form is HfForm.Module or HfForm.PerExpert && Strings(converted.Config, "target_modules").Contains(module.PathOf(expert))),
            module.Path);
        (DenseArray a, DenseArray b) = converted.PeftPair(
            isParameter && module.Form is HfForm.Packed or HfForm.ExpertRows ? Key(module, parameters) : module.PathOf(expert));
        bool packed = module.Form == HfForm.Packed;
        int experts = packed ? SyntheticBase.Experts : 1;
        double scale = converted.PeftScale(isParameter ? module.ParameterPath : module.PathOf(expert), a.Shape[0] / experts);
        DenseArray product = Dense.Scale(SmallAdapter.UnpackedDelta(a, b, experts), scale);
        product = packed && !module.Packed!.ActsOnInput!.Value ? Dense.Transpose(product) : product;
        return [.. Enumerable.Range(0, experts).Select(e => Array(Dense.Expert(product, e)))];
    }

    public static void AssertClose(DenseArray expected, DenseArray actual, string what)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        DeltaComparison.AssertClose(actual, expected, Tolerance, what);
    }

    // One base_layer for each parameter of the module that is registered later and adapted too.
    private static string Key(HfMapping module, IEnumerable<string> parameters)
    {
        string owner = module.Path[..module.Path.LastIndexOf('.')];
        string name = module.Path[(owner.Length + 1)..];
        int later = parameters.Count(parameter => parameter.StartsWith(owner + ".", StringComparison.Ordinal)
            && System.Array.IndexOf(Registration, parameter[(owner.Length + 1)..]) > System.Array.IndexOf(Registration, name));
        return owner + string.Concat(Enumerable.Repeat(".base_layer", later));
    }

    private static string[] Strings(JsonElement config, string field) => [.. config.GetStrings(field) ?? []];

    private static NdArray Array(DenseArray array) => new(array.Shape, array.Values);
}
