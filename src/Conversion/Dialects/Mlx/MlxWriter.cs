using System.Collections.Immutable;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Dialects.Mlx;

/// <summary>Lays out MLX adapters: <c>adapters.safetensors</c> and the config that the target's readers accept.</summary>
internal static class MlxWriter
{
    public static OutputFolder Write(Adapter adapter, WriteContext context, FindingLog log)
    {
        AdapterModule first = adapter.Modules[0];
        MlxKeyPlan plan = PlanKeys(adapter, context, log);
        var config = new MlxConfig
        {
            FineTuneType = adapter.HasMagnitudes ? "dora" : "lora",
            NumLayers = plan.NumLayers,
            Rank = first.Rank,
            Scale = first.Scale,
            Dropout = adapter.Modules.Max(module => module.Dropout),
            Keys = WithKeysBelow(plan.Keys, context.KeysBelow),
        };
        if (context.Profile.CarriesUnslothFields && adapter.Base is null)
        {
            log.Add(TargetCodes.BaseIdMissing.At("base_model_name_or_path", "the adapter names no base; Unsloth would take the folder for a whole model"));
        }

        IEnumerable<KeyValuePair<string, JsonValue>> carried = context.IsSameDialect
            ? MlxCarriedFields.Of(FiniteFields.Clear(adapter.SourceConfig, log), context.Profile) : [];
        JsonObject json = MlxConfigWriter.Write(config, adapter.Base, adapter.Modules.Select(module => module.Path.Text), context.Profile, carried);
        return new OutputFolder(json, PythonJsonStyle.MlxLm, AdapterFiles.MlxWeights, Tensors(adapter), null);
    }

    private static MlxKeyPlan PlanKeys(Adapter adapter, WriteContext context, FindingLog log)
    {
        TargetProfile profile = context.Profile;
        ModulePath[] paths = [.. adapter.Modules.Select(module => module.Path)];
        MlxKeyPlan? plan = MlxKeys.Plan(paths, context.LayerCount, profile.KeyForms);
        if (plan is null)
        {
            log.Add(TargetCodes.NoCommonForm.At(profile.Name, "no form of keys reaches all modules for all of these readers"));
            return new MlxKeyPlan([], MlxKeys.AllLayers, 0);
        }

        if (!profile.KeyForms.HasFlag(KeyForms.FullPath))
        {
            if (context.LayerCount is null)
            {
                log.Add(TargetCodes.LayerCountUnknown.At("num_layers", $"{MlxKeys.AllLayers} was written; give --base to write the real number"));
            }

            if (plan.Excess > 0)
            {
                log.Add((adapter.HasMagnitudes ? TargetCodes.DoraOverWrap : TargetCodes.OverWrap)
                    .At("lora_parameters.keys", $"reach {plan.Excess} modules that the adapter does not have"));
            }
        }

        return plan;
    }

    /// <summary>The tensors of an adapter under MLX's names, weights of the base after the factors.</summary>
    public static ImmutableArray<NamedTensor> Tensors(Adapter adapter) =>
        [.. adapter.Modules.SelectMany(Name), .. adapter.OtherTensors.Select(tensor => new NamedTensor(tensor.SourceName, tensor.Tensor))];

    // A reader whose keys start below a module of the layer finds nothing under the others, and those nothing under its own.
    private static ImmutableArray<string> WithKeysBelow(ImmutableArray<string> keys, string? below) => below is null
        ? keys
        : [.. keys.Concat(keys.Where(key => key.StartsWith(below + ".", StringComparison.Ordinal)).Select(key => key[(below.Length + 1)..]))
            .Order(StringComparer.Ordinal)];

    private static IEnumerable<NamedTensor> Name(AdapterModule module)
    {
        bool stacked = module.Kind == ModuleKind.Experts;
        yield return new NamedTensor($"{module.Path}.lora_a", stacked ? module.A : module.A.Transpose());
        yield return new NamedTensor($"{module.Path}.lora_b", stacked ? module.B : module.B.Transpose());
        if (module.Magnitude is { } magnitude)
        {
            yield return new NamedTensor($"{module.Path}.m", magnitude);
        }
    }
}
