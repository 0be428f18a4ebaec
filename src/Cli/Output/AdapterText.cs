using System.Globalization;
using Transfuse.Formats.Text;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Cli.Output;

/// <summary>One line about an adapter.</summary>
internal static class AdapterText
{
    public static string Summary(this Adapter adapter)
    {
        string[] ranks = [.. adapter.Modules.Select(module => module.Rank).Distinct().Order().Select(rank => rank.ToString(CultureInfo.InvariantCulture))];
        string[] scales =
            [.. adapter.Modules.Select(module => module.Scale).Distinct().Order().Select(scale => scale.ToString("R", CultureInfo.InvariantCulture))];
        if (adapter.Modules.IsEmpty)
        {
            return $"{adapter.OtherTensors.Length} tensors ({PrintableText.OneLine(adapter.Method)})";
        }

        string kind = adapter.Method != "LORA" ? PrintableText.OneLine(adapter.Method) : adapter.HasMagnitudes ? "DoRA" : "LoRA";
        return $"{adapter.Modules.Length} modules ({kind}), rank {string.Join("/", ranks)}, scale {string.Join("/", scales)}";
    }
}
