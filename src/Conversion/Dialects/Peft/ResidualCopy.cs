using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>
/// Adapters in a sub-folder of one whose initialisation changed the base: trainers keep the first factors (<c>pissa_init</c>) and a backup there, whose
/// configs say <c>true</c> so that PEFT does not change the base a second time. What PEFT converted itself has twice the rank.
/// </summary>
internal static class ResidualCopy
{
    /// <summary>The finding about an adapter that belongs to the changed base by what the folder around it says.</summary>
    /// <param name="content">The adapter.</param>
    /// <param name="config">Its config.</param>
    public static Finding? Find(AdapterContent content, PeftConfig config)
    {
        if (config.Init.ChangesBase || (content.Source as INestedSource)?.OpenParent() is not { } parent || ReadConfig(parent) is not { } around)
        {
            return null;
        }

        PeftConfig outer = PeftConfig.Parse(around, AdapterFiles.Config).Value;
        if (outer is not { IsLora: true, Init.ChangesBase: true } || outer.Rank != config.Rank)
        {
            return null;
        }

        string same = HasSameTensors(content, parent) ? ", and its tensors are the same" : string.Empty;
        return ConfigCodes.ResidualCopy.At(content.Name, $"{parent.Name} has init_lora_weights \"{outer.Init.Name}\" and the same rank {outer.Rank}{same}");
    }

    private static JsonObject? ReadConfig(IAdapterSource source)
    {
        try
        {
            using IByteSource file = source.Open(AdapterFiles.Config);
            byte[] text = new byte[Math.Min(file.Length, 1 << 24)];
            file.Read(0, text);
            return PythonJson.ParseObject(text, file.Name);
        }
        catch (Exception failed) when (failed is ContainerException or IOException or UnauthorizedAccessException)
        {
            // The folder around is not what was asked for; what is wrong with it is its own matter.
            return null;
        }
    }

    private static bool HasSameTensors(AdapterContent content, IAdapterSource parent)
    {
        if (!parent.FileNames.Contains(AdapterFiles.PeftWeights))
        {
            return false;
        }

        try
        {
            using ITensorContainer outer = SafetensorsFile.Open(parent.Open(AdapterFiles.PeftWeights));
            Dictionary<string, LazyTensor> byName = outer.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Tensor, StringComparer.Ordinal);
            return content.Weights.Tensors.All(tensor => byName.TryGetValue(tensor.Name, out LazyTensor? same)
                && TensorProbe.BytesEqual(tensor.Tensor, same, default));
        }
        catch (Exception failed) when (failed is ContainerException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
