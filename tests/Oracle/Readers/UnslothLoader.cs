using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>FastMLXModel.from_pretrained of unsloth-zoo (2026.8) on an adapter folder.</summary>
public static class UnslothLoader
{
    public static ReaderReport Load(string folder, MlxBase mlxBase) => ReaderReport.Of(report =>
    {
        JsonElement config = MlxFolder.ReadConfig(folder);
        if (string.IsNullOrEmpty(config.GetText("base_model_name_or_path")))
        {
            throw new ReaderException("not an adapter: base_model_name_or_path is empty, so the folder is taken for a model");
        }

        CheckQuantization(config, mlxBase);
        if (config.Has("unsloth_mlx_lora_module_paths"))
        {
            WithPaths(folder, config, mlxBase, report);
        }
        else
        {
            CheckExperts(MlxFolder.ReadWeights(folder), mlxBase);
            MlxLmLoader.Load(folder, mlxBase, report);
        }
    });

    /// <summary>The preflight before mlx-lm's loader takes over: experts need both factors, in the current shapes.</summary>
    private static void CheckExperts(IReadOnlyDictionary<string, OracleTensor> tensors, MlxBase mlxBase)
    {
        foreach (MlxModule module in mlxBase.Modules.Where(m => m.Kind == MlxModuleKind.SwitchLinear))
        {
            OracleTensor? a = tensors.GetValueOrDefault(module.Path + ".lora_a");
            OracleTensor? b = tensors.GetValueOrDefault(module.Path + ".lora_b");
            if (a is null != b is null || (a is not null && a.Shape.Length != 3))
            {
                throw new ReaderException($"RuntimeError: partial adapter at {module.Path}");
            }
        }
    }

    private static void WithPaths(string folder, JsonElement config, MlxBase mlxBase, ReaderReport report)
    {
        Dictionary<string, DenseArray> tensors = MlxFolder.Arrays(MlxFolder.ReadWeights(folder));
        IReadOnlyList<string> paths = config.GetStrings("unsloth_mlx_lora_module_paths") ?? [];
        foreach (string path in paths)
        {
            if (!tensors.ContainsKey(path + ".lora_a") || !tensors.ContainsKey(path + ".lora_b"))
            {
                throw new ReaderException($"RuntimeError: partial adapter: {path} lacks lora_a or lora_b");
            }
        }

        bool dora = config.GetText("fine_tune_type") == "dora";
        double scale = Parameter(config, "scale") is { } given ? PythonConfig.Number(given, "scale") : 1;
        Dictionary<string, WrappedModule> wrapped = new(StringComparer.Ordinal);
        foreach (MlxModule module in paths.Select(mlxBase.Find).OfType<MlxModule>().Where(m => m.Adaptable))
        {
            bool ownDora = dora && module.Kind != MlxModuleKind.SwitchLinear;
            wrapped[module.Path] = new WrappedModule(module, Rank(config, module, tensors), scale, ownDora);
        }

        CheckTensors(tensors, wrapped, mlxBase, report);
        if (report.Loads)
        {
            WrappedModule.Bind(wrapped.Values, tensors, mlxBase, report);
        }
    }

    private static void CheckTensors(
        Dictionary<string, DenseArray> tensors, Dictionary<string, WrappedModule> wrapped, MlxBase mlxBase, ReaderReport report)
    {
        Dictionary<string, long[]> known = wrapped.Values
            .SelectMany(w => w.Shapes.Select(s => (Name: $"{w.Path}.{s.Key}", Shape: s.Value)))
            .ToDictionary(p => p.Name, p => p.Shape, StringComparer.Ordinal);
        foreach ((string name, DenseArray array) in tensors)
        {
            string leaf = name[(name.LastIndexOf('.') + 1)..];
            if (known.TryGetValue(name, out long[]? shape))
            {
                if (!array.Shape.AsSpan().SequenceEqual(shape))
                {
                    report.Error($"RuntimeError: {name} is {array.ShapeText}, not [{string.Join(", ", shape)}]");
                }
            }
            else if (leaf is "lora_a" or "lora_b" or "m")
            {
                report.Error($"RuntimeError: {name} has no place in the model");
            }
            else if (mlxBase.IsParameter(name))
            {
                report.Replace(name, array);
            }
            else
            {
                report.Quietly($"{name} is dropped");
            }
        }
    }

    /// <summary>lora_parameters.rank, else the top-level rank, else from the tensor.</summary>
    private static long Rank(JsonElement config, MlxModule module, Dictionary<string, DenseArray> tensors)
    {
        if (Parameter(config, "rank") is { } rank)
        {
            return (long)PythonConfig.Number(rank, "rank");
        }

        DenseArray a = tensors[module.Path + ".lora_a"];
        return a.Rank >= 3 ? a.Shape[^2] : a.Shape[^1];
    }

    private static JsonElement? Parameter(JsonElement config, string name) =>
        config.Get("lora_parameters")?.Get(name) ?? config.Get(name);

    private static void CheckQuantization(JsonElement config, MlxBase mlxBase)
    {
        if (config.Get("base_quantization_config") is { } recorded)
        {
            JsonElement own = mlxBase.Config.Get("quantization") ?? throw new ReaderException("ValueError: the adapter was trained on a quantized base");
            if (recorded.GetNumber("bits", 0) != own.GetNumber("bits", 0) || recorded.GetNumber("group_size", 0) != own.GetNumber("group_size", 0))
            {
                throw new ReaderException("ValueError: the base is quantized otherwise than in training");
            }
        }
    }
}
