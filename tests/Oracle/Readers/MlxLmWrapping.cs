using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>mlx-lm 0.32.0's linear_to_lora_layers (tuner/utils.py): which modules the config wraps.</summary>
internal static class MlxLmWrapping
{
    /// <summary>First the chosen blocks by block-relative path, then the whole model by full path.</summary>
    public static IReadOnlyDictionary<string, WrappedModule> Wrap(MlxBase mlxBase, JsonElement layers, JsonElement parameters, bool dora)
    {
        if (parameters.ValueKind != JsonValueKind.Object)
        {
            throw new ReaderException("AttributeError: lora_parameters has no get");
        }

        HashSet<string> keys = Keys(mlxBase, parameters);
        Dictionary<string, WrappedModule> wrapped = new(StringComparer.Ordinal);
        long count = Math.Max(PythonConfig.Integer(layers, "num_layers"), 0);
        int first = count == 0 ? 0 : (int)Math.Max(0, mlxBase.Layers - count);
        for (int block = first; block < mlxBase.Layers; block++)
        {
            string prefix = mlxBase.BlockPath(block) + ".";
            foreach (string key in keys)
            {
                Take(mlxBase, key.Length == 0 ? prefix[..^1] : prefix + key, parameters, dora, wrapped);
            }
        }

        HashSet<string> inBlocks = [.. wrapped.Keys];
        foreach (string key in keys)
        {
            if (inBlocks.Contains(key))
            {
                throw new ReaderException(
                    $"ValueError: Can't convert layer of type {(dora ? "DoRALinear" : "LoRALinear")} to LoRA: {key} is named by a relative and by a full path");
            }

            Take(mlxBase, key, parameters, dora, wrapped);
        }

        return wrapped;
    }

    /// <summary>Default keys are the relative paths of every adaptable module of every block.</summary>
    private static HashSet<string> Keys(MlxBase mlxBase, JsonElement parameters)
    {
        if (parameters.Get("keys") is not { } keys)
        {
            return [.. Enumerable.Range(0, mlxBase.Layers).SelectMany(i => mlxBase.Block(i).Where(m => m.Adaptable)
                .Select(m => m.Path[(mlxBase.BlockPath(i).Length + 1)..]))];
        }

        return keys.ValueKind switch
        {
            JsonValueKind.Array => [.. keys.EnumerateArray().Where(k => k.ValueKind == JsonValueKind.String).Select(k => k.GetString()!)],
            // "" in "any string" is true in Python, so the block itself is taken.
            JsonValueKind.String => throw new ReaderException("ValueError: Can't convert layer of type TransformerBlock to LoRA: keys is a string"),
            JsonValueKind.Object => [.. keys.EnumerateObject().Select(p => p.Name)],
            _ => throw new ReaderException("TypeError: keys is not iterable"),
        };
    }

    private static void Take(MlxBase mlxBase, string path, JsonElement parameters, bool dora, Dictionary<string, WrappedModule> wrapped)
    {
        MlxModule? module = mlxBase.Find(path);
        if (module is null && !mlxBase.IsContainer(path))
        {
            return;
        }

        if (module is null || !module.Adaptable)
        {
            throw new ReaderException($"ValueError: Can't convert layer of type {module?.Kind.ToString() ?? "Module"} to LoRA: {path}");
        }

        if (dora && module.Kind == MlxModuleKind.SwitchLinear)
        {
            throw new ReaderException($"ValueError: SwitchLinear doesn't support DoRA yet: {path}");
        }

        (long rank, double scale) = PythonConfig.LoraParameters(parameters);
        wrapped[path] = new WrappedModule(module, rank, scale, dora);
    }
}
