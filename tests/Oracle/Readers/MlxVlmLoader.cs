using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>mlx-vlm 0.6's apply_lora_layers (trainer/utils.py). Module paths start at the root of the vision-language model.</summary>
public static class MlxVlmLoader
{
    public static ReaderReport Load(string folder, MlxBase mlxBase) => ReaderReport.Of(report =>
    {
        JsonElement config = MlxFolder.ReadConfig(folder);
        if (config.Has("lora_parameters"))
        {
            LoadCurrent(folder, config, mlxBase, report);
        }
        else if (config.Has("rank"))
        {
            LoadLegacy(folder, config, mlxBase, report);
        }
        else
        {
            report.Error("ValueError: neither rank nor lora_parameters");
        }
    });

    private static void LoadCurrent(string folder, JsonElement config, MlxBase mlxBase, ReaderReport report)
    {
        JsonElement parameters = config.GetProperty("lora_parameters");
        if (parameters.ValueKind != JsonValueKind.Object)
        {
            throw new ReaderException("TypeError: lora_parameters is no dict");
        }

        string type = config.GetText("fine_tune_type") ?? "lora";
        IReadOnlyDictionary<string, WrappedModule> wrapped = new Dictionary<string, WrappedModule>();
        if (type != "full")
        {
            JsonElement layers = config.Has("num_layers") ? config.GetProperty("num_layers") : OracleJson.Parse("-1");
            wrapped = parameters.Has("keys")
                ? ByFullPath(mlxBase, parameters, type == "dora")
                : MlxLmWrapping.Wrap(mlxBase, layers, parameters, type == "dora");
        }

        BindLoosely(MlxFolder.Arrays(MlxFolder.ReadWeights(folder)), wrapped, mlxBase, report);
    }

    private static Dictionary<string, WrappedModule> ByFullPath(MlxBase mlxBase, JsonElement parameters, bool dora)
    {
        JsonElement keys = parameters.GetProperty("keys");
        if (keys.ValueKind != JsonValueKind.Array)
        {
            throw new ReaderException("TypeError: keys is not a list");
        }

        (long rank, double scale) = PythonConfig.LoraParameters(parameters);
        Dictionary<string, WrappedModule> wrapped = new(StringComparer.Ordinal);
        foreach (string key in keys.EnumerateArray().Select(k => k.GetString()!))
        {
            MlxModule? module = mlxBase.Find(key);
            if (module is null && !mlxBase.IsContainer(key))
            {
                throw new ReaderException($"AttributeError: no module {key}");
            }

            wrapped[key] = module is { Kind: MlxModuleKind.Linear }
                ? new WrappedModule(module, rank, scale, dora)
                : throw new ReaderException($"ValueError: {key} is no Linear");
        }

        return wrapped;
    }

    /// <summary>Up to 0.5.0: A and B around every Linear whose name occurs in the language model, the head left out.</summary>
    private static void LoadLegacy(string folder, JsonElement config, MlxBase mlxBase, ReaderReport report)
    {
        long rank = PythonConfig.Integer(config.GetProperty("rank"), "rank");
        double scale = config.GetNumber("alpha", 0.1) / rank;
        Dictionary<string, WrappedModule> wrapped = mlxBase.Modules
            .Where(m => m.Kind == MlxModuleKind.Linear && !m.Path.EndsWith("lm_head", StringComparison.Ordinal))
            .ToDictionary(m => m.Path, m => new WrappedModule(m, rank, scale, Dora: false), StringComparer.Ordinal);
        Dictionary<string, DenseArray> renamed = new(StringComparer.Ordinal);
        foreach ((string name, DenseArray array) in MlxFolder.Arrays(MlxFolder.ReadWeights(folder)))
        {
            string leaf = name[(name.LastIndexOf('.') + 1)..];
            if (leaf is "lora_a" or "lora_b")
            {
                report.Quietly($"{name} is dropped: the legacy layers hold A and B");
            }
            else
            {
                renamed[leaf is "A" or "B" ? name[..^1] + (leaf == "A" ? "lora_a" : "lora_b") : name] = array;
            }
        }

        BindLoosely(renamed, wrapped, mlxBase, report);
    }

    /// <summary>load_weights(strict=False): unknown names are dropped, shapes are not checked.</summary>
    private static void BindLoosely(
        Dictionary<string, DenseArray> tensors, IReadOnlyDictionary<string, WrappedModule> wrapped, MlxBase mlxBase, ReaderReport report)
    {
        HashSet<string> known = [.. wrapped.Values.SelectMany(w => w.Shapes.Keys.Select(leaf => $"{w.Path}.{leaf}"))];
        foreach ((string name, DenseArray array) in tensors.Where(t => !known.Contains(t.Key)))
        {
            if (mlxBase.IsParameter(name))
            {
                report.Replace(name, array);
            }
            else
            {
                report.Quietly($"{name} is dropped");
            }
        }

        WrappedModule.Bind(wrapped.Values, tensors, mlxBase, report);
    }
}
