using System.Text;

namespace Transfuse.Cli.Tests.Support;

/// <summary>A PEFT adapter of two gigabytes of zeros that take no room on the disk: long enough at work to be interrupted.</summary>
public static class LargeAdapter
{
    private const int Layers = 64, Rank = 64, Size = 65536;

    public static string Make(string folder, string factorName = "weight")
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(
            Path.Combine(folder, "adapter_config.json"),
            """{"peft_type": "LORA", "r": 64, "lora_alpha": 64, "target_modules": ["q_proj"], "peft_version": "0.21.0"}""");
        const long Bytes = (long)Rank * Size * 4;
        IEnumerable<string> entries = Enumerable.Range(0, Layers).SelectMany(
            layer => new[] { ("A", $"{Rank},{Size}"), ("B", $"{Size},{Rank}") }.Select((factor, index) =>
            $"\"base_model.model.model.layers.{layer}.self_attn.q_proj.lora_{factor.Item1}.{factorName}\":{{\"dtype\":\"F32\",\"shape\":[{factor.Item2}],"
            + $"\"data_offsets\":[{((layer * 2) + index) * Bytes},{((layer * 2) + index + 1) * Bytes}]}}"));
        byte[] header = Encoding.UTF8.GetBytes("{" + string.Join(",", entries) + "}");
        using FileStream file = File.Create(Path.Combine(folder, "adapter_model.safetensors"));
        file.Write(BitConverter.GetBytes((long)header.Length));
        file.Write(header);
        file.SetLength(file.Length + (Layers * 2 * Bytes));
        return folder;
    }
}
