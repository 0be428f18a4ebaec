using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>SGLang's LoRAConfig and LoRAAdapter (srt/lora, summer 2026) on a PEFT folder: one scale, lora_alpha / r.</summary>
public static class SglangLoader
{
    public static ReaderReport Load(string folder, HfBase hfBase) => ReaderReport.Of(report =>
    {
        JsonElement config = OracleJson.Read(Path.Combine(folder, "adapter_config.json"));
        foreach (string field in new[] { "target_modules", "r", "lora_alpha" })
        {
            if (!config.Has(field))
            {
                throw new ReaderException($"KeyError: {field}");
            }
        }

        if (!string.Equals(config.GetText("peft_type"), "LORA", StringComparison.OrdinalIgnoreCase))
        {
            throw new ReaderException("AssertionError: peft_type");
        }

        if (config.GetStrings("target_modules") is null && config.GetText("target_modules") is not ("all-linear" or "all"))
        {
            throw new ReaderException("ValueError: target_modules is no list of suffixes");
        }

        foreach (string name in PeftFiles.ReadTensors(folder).Keys.Where(n => HfRuntimeLayout.LayerIndex(n) >= hfBase.Layers))
        {
            throw new ReaderException($"IndexError: {name} lies beyond the last layer");
        }

        ServedDeltas.Apply(folder, hfBase, config.GetNumber("lora_alpha", 0) / config.GetNumber("r", 0), report);
    });
}
