using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>Which adapters PEFT 0.21 creates for a config: target_modules first, then target_parameters.</summary>
internal static class PeftInjection
{
    public static List<PeftSlot> Create(JsonElement config, HfBase hfBase)
    {
        List<PeftSlot> slots = [];
        Dictionary<string, HfParameter> weights = hfBase.WithHead
            .Where(p => p.Leaf == "weight").ToDictionary(p => p.Module, StringComparer.Ordinal);
        foreach (string module in Modules(hfBase).Where(m => PeftPattern.Targets(config, m)))
        {
            HfParameter? weight = weights.GetValueOrDefault(module);
            slots.Add(weight is { Kind: HfModuleKind.Linear or HfModuleKind.Conv1D or HfModuleKind.Embedding }
                ? new PeftSlot(module, weight, RankOf(config, module), AsParameter: false)
                : throw new ReaderException($"ValueError: Target module {module} is not supported"));
        }

        AddTied(config, hfBase, weights, slots);
        AddParameters(config, hfBase, slots);
        return slots.Count > 0 ? slots : throw new ReaderException("ValueError: no module or parameter of the model is targeted");
    }

    /// <summary>ensure_weight_tying: an adapter on the embedding or on its tied head is an adapter on both.</summary>
    private static void AddTied(JsonElement config, HfBase hfBase, Dictionary<string, HfParameter> weights, List<PeftSlot> slots)
    {
        string? embedding = TiedHead.Embedding(hfBase.Parameters.Select(p => p.Path));
        if (!hfBase.Tied || embedding is null || !config.GetFlag("ensure_weight_tying"))
        {
            return;
        }

        string[] tied = [embedding[..^".weight".Length], "lm_head"];
        if (slots.FirstOrDefault(s => tied.Contains(s.Key)) is { } one)
        {
            slots.AddRange(tied.Where(t => slots.All(s => s.Key != t)).Select(t => new PeftSlot(t, weights[t], one.Rank, AsParameter: false)));
        }
    }

    private static void AddParameters(JsonElement config, HfBase hfBase, List<PeftSlot> slots)
    {
        foreach (string module in hfBase.Parameters.Select(p => p.Module).Distinct().ToList())
        {
            IReadOnlyList<HfParameter> targets = PeftFactors.TargetParameters(config, module, hfBase);
            for (int i = 0; i < targets.Count; i++)
            {
                HfParameter target = targets[i];
                if (target.Shape.Length is not (2 or 3))
                {
                    throw new ReaderException($"ValueError: {target.Path} has {target.Shape.Length} dimensions");
                }

                if (slots.Any(s => !s.AsParameter && s.Key == module))
                {
                    throw new ReaderException($"ValueError: {module} is targeted as a module and by its parameter");
                }

                CheckParameterOptions(config, hasModule: slots.Any(s => !s.AsParameter));
                string key = module + string.Concat(Enumerable.Repeat(".base_layer", targets.Count - 1 - i));
                slots.Add(new PeftSlot(key, target, RankOf(config, target.Path), AsParameter: true));
            }
        }
    }

    /// <summary>PEFT sets fan_in_fan_out right in the config at the first linear layer, before any parameter.</summary>
    private static void CheckParameterOptions(JsonElement config, bool hasModule)
    {
        if (config.GetNumber("lora_dropout", 0) != 0)
        {
            throw new ReaderException("ValueError: lora.ParamWrapper does not work with lora_dropout != 0");
        }

        foreach (string flag in new[] { "fan_in_fan_out", "lora_bias", "use_dora" })
        {
            if (config.GetFlag(flag) && !(hasModule && flag == "fan_in_fan_out"))
            {
                throw new ReaderException($"ValueError: lora.ParamWrapper does not work with {flag}");
            }
        }
    }

    private static long RankOf(JsonElement config, string name)
    {
        double rank = PeftPattern.Lookup(config.Get("rank_pattern"), name, config.GetNumber("r", 8));
        return rank > 0 ? (long)rank : throw new ReaderException($"ValueError: r is {rank} for {name}");
    }

    /// <summary>Every module path, containers included.</summary>
    private static IEnumerable<string> Modules(HfBase hfBase)
    {
        SortedSet<string> paths = new(StringComparer.Ordinal);
        foreach (HfParameter parameter in hfBase.WithHead)
        {
            for (string path = parameter.Module; ; path = path[..path.LastIndexOf('.')])
            {
                paths.Add(path);
                if (!path.Contains('.', StringComparison.Ordinal))
                {
                    break;
                }
            }
        }

        return paths;
    }
}
