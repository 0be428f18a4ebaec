using System.Text.Json;
using System.Text.RegularExpressions;

namespace Transfuse.Oracle;

/// <summary>mlx-swift-lm's LoRAContainer (after 3.31.4): adapters of its own format and, through <see cref="LoadPeft"/>, PEFT's.</summary>
public static class MlxSwiftLoader
{
    /// <summary>LoRAContainer.from(directory:) and load(into:).</summary>
    public static ReaderReport Load(string folder, MlxBase mlxBase) => ReaderReport.Of(report =>
    {
        JsonElement config = MlxFolder.ReadConfig(folder);
        string? type = config.GetText("fine_tune_type");
        if (type is not ("lora" or "dora"))
        {
            throw new ReaderException($"DecodingError: fine_tune_type is {type ?? "missing"}");
        }

        long layers = Integer(config, "num_layers");
        JsonElement parameters = config.Get("lora_parameters") ?? throw new ReaderException("DecodingError: lora_parameters");
        long rank = Integer(parameters, "rank");
        double scale = Number(parameters, "scale");
        CheckDropout(parameters, "dropout");
        IReadOnlyList<string>? keys = Strings(parameters, "keys");
        LoadInto(mlxBase, layers, keys, rank, scale, type == "dora", MlxFolder.Arrays(MlxFolder.ReadWeights(folder)), report);
    });

    /// <summary>LoRAContainer.fromPEFT(directory:numLayers:) and load(into:).</summary>
    public static ReaderReport LoadPeft(string folder, MlxBase mlxBase, long numLayers = 1024) => ReaderReport.Of(report =>
    {
        JsonElement config = MlxFolder.ReadConfig(folder);
        if (!string.Equals(config.GetText("peft_type") ?? "LORA", "LORA", StringComparison.OrdinalIgnoreCase))
        {
            throw new ReaderException("unsupportedAdapterType: peft_type " + config.GetText("peft_type"));
        }

        long rank = Integer(config, "r");
        double alpha = Number(config, "lora_alpha");
        CheckDropout(config, "lora_dropout");
        _ = Strings(config, "target_modules") ?? throw new ReaderException("DecodingError: target_modules is no array");
        if (config.GetFlag("use_dora"))
        {
            throw new ReaderException("unsupportedAdapterType: DoRA");
        }

        Dictionary<string, DenseArray> tensors = new(StringComparer.Ordinal);
        SortedSet<string> keys = new(StringComparer.Ordinal);
        foreach ((string name, DenseArray array) in MlxFolder.Arrays(MlxFolder.ReadWeights(folder, PeftFiles.Safetensors)))
        {
            string path = name.StartsWith("base_model.model.", StringComparison.Ordinal) ? name["base_model.model.".Length..] : name;
            Match factor = Regex.Match(path, @"^(.*)\.lora_([AB])\.weight$");
            if (!factor.Success)
            {
                report.Quietly($"{name} is skipped");
                continue;
            }

            string module = factor.Groups[1].Value;
            tensors[module + (factor.Groups[2].Value == "A" ? ".lora_a" : ".lora_b")] = Dense.Transpose(array);
            Match layer = Regex.Match(module, @"^.+?\.layers\.\d+\.(.+)$");
            if (layer.Success)
            {
                keys.Add(layer.Groups[1].Value);
            }

            if (factor.Groups[2].Value == "A" && PeftFactors.ScaleOf(config, module, array.Shape[0]) is double meant && (float)meant != (float)(alpha / rank))
            {
                report.Quietly($"{module}: scale {alpha / rank} instead of {meant}");
            }
        }

        LoadInto(mlxBase, numLayers, [.. keys], rank, alpha / rank, dora: false, tensors, report);
    });

    private static void LoadInto(
        MlxBase mlxBase, long layers, IReadOnlyList<string>? keys, long rank, double scale, bool dora, Dictionary<string, DenseArray> tensors,
        ReaderReport report)
    {
        if (mlxBase.ModelType == "gpt2")
        {
            throw new ReaderException("unsupportedModelType: gpt2 is not in the registry");
        }

        if (layers < 0)
        {
            throw new ReaderException($"crash: suffix({layers}) needs a number that is not negative");
        }

        Dictionary<string, WrappedModule> wrapped = new(StringComparer.Ordinal);
        foreach (MlxModule module in Linears(mlxBase))
        {
            int index = HfRuntimeLayout.LayerIndex(module.Path);
            string prefix = mlxBase.BlockPath(index) + ".";
            bool inBlock = index >= Math.Max(0, mlxBase.Layers - layers) && module.Path.StartsWith(prefix, StringComparison.Ordinal);
            if (inBlock && (keys is null || keys.Contains(module.Path[prefix.Length..])))
            {
                wrapped[module.Path] = new WrappedModule(module, rank, scale, dora);
            }
        }

        HashSet<string> known = [.. wrapped.Values.SelectMany(w => w.Shapes.Keys.Select(leaf => $"{w.Path}.{leaf}"))];
        foreach ((string name, DenseArray array) in tensors)
        {
            if (known.Contains(name))
            {
                continue;
            }

            if (mlxBase.IsParameter(name))
            {
                report.Replace(name, array);
            }
            else if (HfRuntimeLayout.LayerIndex(name) >= mlxBase.Layers)
            {
                report.Quietly($"{name} lies beyond the last layer and is dropped");
            }
            else
            {
                report.Error($"unhandledKeys: {name}");
            }
        }

        WrappedModule.Bind(wrapped.Values, tensors, mlxBase, report);
    }

    /// <summary>Only Linear and QuantizedLinear are replaced; Swift's DeepSeek-V3 keeps kv_b_proj as one.</summary>
    private static IEnumerable<MlxModule> Linears(MlxBase mlxBase)
    {
        foreach (MlxModule module in mlxBase.Modules)
        {
            if (module.Kind == MlxModuleKind.Linear)
            {
                yield return module;
            }
            else if (module.Path.EndsWith(".embed_q", StringComparison.Ordinal))
            {
                string attention = module.Path[..^"embed_q".Length];
                long valueWidth = mlxBase.Find(attention + "unembed_out")!.Shape[1];
                yield return new MlxModule(attention + "kv_b_proj", MlxModuleKind.Linear, [module.Shape[0] * (module.Shape[2] + valueWidth), module.Shape[1]]);
            }
        }
    }

    private static long Integer(JsonElement json, string name) =>
        json.Get(name) is { ValueKind: JsonValueKind.Number } value && OracleJson.IsPythonInt(value)
            ? value.GetInt64()
            : throw new ReaderException($"DecodingError: {name} is no Int");

    private static double Number(JsonElement json, string name) =>
        json.Get(name) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : throw new ReaderException($"DecodingError: {name} is no Float");

    private static void CheckDropout(JsonElement json, string name)
    {
        double dropout = json.Get(name) is null ? 0 : Number(json, name);
        if (!(dropout >= 0 && dropout < 1))
        {
            throw new ReaderException($"DecodingError: {name} {dropout} is not in [0, 1)");
        }
    }

    private static IReadOnlyList<string>? Strings(JsonElement json, string name) =>
        json.Get(name) is { } value && (value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Any(e => e.ValueKind != JsonValueKind.String))
            ? throw new ReaderException($"DecodingError: {name} is no array of strings")
            : json.GetStrings(name);
}
