using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Transfuse.Oracle;

/// <summary>
/// PeftModel.from_pretrained of PEFT 0.21 on transformers 5, for LoRA: adapters are created by the config alone, then filled from the file.
/// Tensors that find no place are ignored, and places that find no tensor keep their initial value.
/// </summary>
public static class PeftLoader
{
    private const string Prefix = "base_model.model.";

    private static readonly string[] TaskTypes =
        ["SEQ_CLS", "SEQ_2_SEQ_LM", "CAUSAL_LM", "TOKEN_CLS", "QUESTION_ANS", "FEATURE_EXTRACTION"];

    private static readonly string[] Mutating = ["pissa", "olora", "loftq", "corda", "lora_ga"];

    public static ReaderReport Load(string folder, HfBase hfBase) => ReaderReport.Of(report =>
    {
        JsonElement config = OracleJson.Read(Path.Combine(folder, "adapter_config.json"));
        CheckConfig(config, report);
        config = ExpandAllLinear(config, hfBase);
        JsonElement converted = PeftMoeConversion.Applies(hfBase.ModelType) ? PeftMoeConversion.ConvertConfig(config, hfBase) : config;
        if (config.GetFlag("use_rslora") && FusesExperts(converted) && !FusesExperts(config))
        {
            report.Quietly("use_rslora: doubling r and alpha of gate_up_proj multiplies its scale by sqrt(2)");
        }

        bool packed = config.GetStrings("target_parameters") is { Count: > 0 };
        List<PeftSlot> slots = [.. PeftInjection.Create(converted, hfBase).Select(s => s with { Converted = !packed })];
        Fill(converted, slots, ReadTensors(folder, hfBase, report), hfBase, report);
    });

    private static bool FusesExperts(JsonElement config) => config.GetRawText().Contains("gate_up_proj", StringComparison.Ordinal);

    private static void CheckConfig(JsonElement config, ReaderReport report)
    {
        if (config.GetText("peft_type") is not "LORA")
        {
            throw new ReaderException(config.Has("peft_type") ? "not read here: peft_type is not LORA" : "KeyError: peft_type");
        }

        if (config.Get("task_type") is { } task && !(task.ValueKind == JsonValueKind.String && TaskTypes.Contains(task.GetString())))
        {
            throw new ReaderException($"ValueError: task_type {task.GetRawText()}");
        }

        bool layers = config.Get("layers_to_transform") is not null;
        bool pattern = config.Get("layers_pattern") is not null;
        if (config.GetText("target_modules") is not null && (layers || pattern))
        {
            throw new ReaderException("ValueError: layers_to_transform or layers_pattern with a string of target_modules");
        }

        if (pattern && !layers)
        {
            throw new ReaderException("ValueError: layers_pattern without layers_to_transform");
        }

        if (config.Get("target_parameters") is { ValueKind: not JsonValueKind.Array })
        {
            throw new ReaderException("TypeError: target_parameters is no list");
        }

        if (config.Get("target_modules") is null && config.Get("target_parameters") is null)
        {
            throw new ReaderException("not read here: a null target_modules stands for a table by model type");
        }

        if (config.GetText("init_lora_weights") is { } init && Mutating.Any(m => init.StartsWith(m, StringComparison.Ordinal)))
        {
            report.Quietly($"init_lora_weights {init} changes the base weights when the adapter is created");
        }
    }

    /// <summary>Every Linear and Conv1D but the output head.</summary>
    internal static JsonElement ExpandAllLinear(JsonElement config, HfBase hfBase)
    {
        if (!string.Equals(config.GetText("target_modules"), "all-linear", StringComparison.OrdinalIgnoreCase))
        {
            return config;
        }

        JsonObject changed = JsonNode.Parse(config.GetRawText())!.AsObject();
        changed["target_modules"] = new JsonArray([.. hfBase.Parameters
            .Where(p => p.Leaf == "weight" && p.Kind is HfModuleKind.Linear or HfModuleKind.Conv1D && p.Module != "lm_head")
            .Select(p => (JsonNode)p.Module)]);
        return OracleJson.Parse(changed.ToJsonString());
    }

    /// <summary>Names without their prefix; what lacks it is not matched.</summary>
    private static Dictionary<string, DenseArray> ReadTensors(string folder, HfBase hfBase, ReaderReport report)
    {
        Dictionary<string, DenseArray> tensors = new(StringComparer.Ordinal);
        foreach (OracleTensor tensor in PeftFiles.ReadTensors(folder).Values)
        {
            if (!tensor.Name.StartsWith(Prefix, StringComparison.Ordinal))
            {
                report.Quietly($"unexpected key {tensor.Name} is ignored");
                continue;
            }

            string name = Regex.Replace(tensor.Name[Prefix.Length..], @"\.(lora_A|lora_B|lora_magnitude_vector)\.default(?=\.|$)", ".$1");
            tensors[Regex.Replace(name, @"\.lora_magnitude_vector\.weight$", ".lora_magnitude_vector")] = tensor.ToArray();
        }

        return PeftMoeConversion.Applies(hfBase.ModelType) ? PeftMoeConversion.ConvertTensors(tensors, hfBase) : tensors;
    }

    private static void Fill(JsonElement config, List<PeftSlot> slots, Dictionary<string, DenseArray> tensors, HfBase hfBase, ReaderReport report)
    {
        bool dora = config.GetFlag("use_dora");
        bool loraBias = config.GetFlag("lora_bias");
        Dictionary<string, long[]> live = new(StringComparer.Ordinal);
        foreach (PeftSlot slot in slots)
        {
            foreach ((string name, long[] shape) in slot.Shapes(hfBase.ExpertsTransposed, dora, loraBias && !slot.IsEmbedding))
            {
                live.Add(name, shape);
            }
        }

        foreach ((string name, DenseArray array) in tensors)
        {
            if (live.TryGetValue(name, out long[]? shape))
            {
                if (!array.Shape.AsSpan().SequenceEqual(shape))
                {
                    report.Error($"RuntimeError: size mismatch for {name}: {array.ShapeText} in the file, [{string.Join(", ", shape)}] in the model");
                }
            }
            else
            {
                Replace(config, name, array, slots, hfBase, report);
            }
        }

        CheckModulesToSave(config, tensors, hfBase);
        bool random = config.Get("init_lora_weights") is { ValueKind: JsonValueKind.False };
        foreach (PeftSlot slot in slots)
        {
            Bind(config, slot, tensors, dora, random, hfBase, report);
        }
    }

    /// <summary>What names a live parameter overwrites it: saved embeddings, biases, modules_to_save. Token rows need their config field.</summary>
    private static void Replace(
        JsonElement config, string name, DenseArray array, List<PeftSlot> slots, HfBase hfBase, ReaderReport report)
    {
        string parameter = name.Replace(".base_layer.", ".", StringComparison.Ordinal);
        bool wrapped = slots.Any(s => s.Target.Module + ".weight" == parameter || s.Target.Module + ".bias" == parameter);
        if (hfBase.Find(parameter) is not null && wrapped == (parameter != name))
        {
            report.Replace(parameter, array);
        }
        else if (!(name.EndsWith(".token_adapter.trainable_tokens_delta", StringComparison.Ordinal) && config.Get("trainable_token_indices") is not null))
        {
            report.Quietly($"unexpected key {Prefix}{name} is ignored");
        }
    }

    private static void CheckModulesToSave(JsonElement config, Dictionary<string, DenseArray> tensors, HfBase hfBase)
    {
        foreach (string item in config.GetStrings("modules_to_save") ?? [])
        {
            foreach (HfParameter parameter in hfBase.Parameters.Where(p => p.Module.EndsWith(item, StringComparison.Ordinal)))
            {
                if (!tensors.ContainsKey(parameter.Path))
                {
                    throw new ReaderException($"KeyError: {parameter.Path} of modules_to_save is not in the file");
                }
            }
        }
    }

    private static void Bind(
        JsonElement config, PeftSlot slot, Dictionary<string, DenseArray> tensors, bool dora, bool random, HfBase hfBase, ReaderReport report)
    {
        DenseArray? a = tensors.GetValueOrDefault(slot.NameOfA);
        DenseArray? b = tensors.GetValueOrDefault(slot.NameOfB);
        if (a is null || b is null)
        {
            string effect = a is null && (b is not null || random) ? "its factors are random" : "it has no effect";
            report.Quietly($"missing adapter keys for {slot.Target.Path}: {effect}");
            return;
        }

        if (!report.Loads)
        {
            return;
        }

        DenseArray? magnitude = dora ? tensors.GetValueOrDefault(slot.Key + ".lora_magnitude_vector") : null;
        if (dora && magnitude is null)
        {
            report.Quietly($"missing adapter key {slot.Key}.lora_magnitude_vector");
        }

        report.Apply(DeltaOf(config, slot, a, b, hfBase, report) with { Magnitude = magnitude });
    }

    private static OracleDelta DeltaOf(JsonElement config, PeftSlot slot, DenseArray a, DenseArray b, HfBase hfBase, ReaderReport report)
    {
        if (slot.IsEmbedding)
        {
            return PeftFactors.Embedding(config, slot.Key, a, b);
        }

        if (slot.Target.Shape.Length != 3)
        {
            return PeftFactors.Linear(config, slot.Target.Path, slot.AsParameter ? slot.Target.Path : slot.Key, a, b, hfBase);
        }

        // Only what a PEFT with target_parameters wrote can be the other way round; converted experts are made here.
        bool written = config.Get("peft_version") is not null && !slot.Converted;
        if (written && PeftFactors.IsTransposed(config, slot.Target, a.Shape[1], b.Shape[0], hfBase) != hfBase.ExpertsTransposed)
        {
            report.Quietly($"{slot.Target.Path}: written by a PEFT that held the factors the other way round");
        }

        return PeftFactors.Experts(config, slot.Target, a, b, hfBase.ExpertsTransposed);
    }
}
