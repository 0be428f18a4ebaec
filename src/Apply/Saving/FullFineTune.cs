using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Dialects.Mlx;
using Transfuse.Conversion.Readers;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Apply.Saving;

/// <summary>Lays out whole weights without factors, as mlx-lm (0.32.0) and unsloth-zoo (2026.8) save a full fine-tune.</summary>
internal static class FullFineTune
{
    // What only a folder with factors has.
    private static readonly string[] Stale = ["peft_type", MlxTopology.Field];

    /// <summary>The files. No field that speaks of factors survives.</summary>
    /// <param name="adapter">The weights, with the fields that the caller wants in the config.</param>
    /// <param name="profile">The reader.</param>
    public static OutputFolder Lay(Adapter adapter, TargetProfile profile)
    {
        var fields = new SortedDictionary<string, JsonValue>(StringComparer.Ordinal);
        foreach ((string name, JsonValue value) in MlxCarriedFields.Of(adapter.SourceConfig, profile).Where(field => !Stale.Contains(field.Key)))
        {
            fields[name] = value;
        }

        fields["fine_tune_type"] = new JsonString("full");
        if (ReaderRegistry.Default.GroupOf(profile).Readers.Any(reader => reader.NeedsLoraParameters))
        {
            fields["lora_parameters"] = JsonObject.Empty;
        }

        ImmutableArray<NamedTensor> tensors = [.. adapter.OtherTensors.Select(tensor => new NamedTensor(tensor.SourceName, tensor.Tensor))];
        return new OutputFolder(new JsonObject(fields), PythonJsonStyle.MlxLm, AdapterFiles.MlxWeights, tensors, null);
    }
}
