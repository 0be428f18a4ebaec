using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Conversion.Readers.Mlx;
using Transfuse.Conversion.Readers.MlxLm;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Readers.MlxVlm;

/// <summary>mlx-vlm 0.6.15, <c>apply_lora_layers</c>: keys are full paths of linear layers; what does not match is dropped without a word.</summary>
internal sealed class MlxVlmReader() : Reader(TargetProfile.MlxVlm)
{
    private const string KeysField = "lora_parameters.keys";
    private const string LanguageModel = "language_model.";

    public override bool HoldsElsewhere => true;

    public override bool NeedsLoraParameters => true;

    public override string? RootOf(Architecture architecture) => architecture.Layers.MlxVlm;

    /// <summary>mlx-vlm holds every language model below <c>language_model</c>.</summary>
    public override IEnumerable<string?> RootsOf(Architecture architecture) => [architecture.Layers.MlxVlm, LanguageModel + architecture.Layers.Mlx];

    /// <summary>Keys are full paths of linear layers; without keys it is mlx-lm's function.</summary>
    public override ModuleReach Reach(IEnumerable<string>? keys, long numLayers, ModelOutline outline, bool isDora, Architecture? architecture) =>
        keys is null ? MlxLmReader.Follow(null, numLayers, outline, isDora) : new FullPathReach(outline, keys);

    public override void Check(CheckContext context)
    {
        if (context.ReadConfig("FileNotFoundError: adapter_config.json") is not { } config)
        {
            return;
        }

        bool isLegacy = !config.Contains("lora_parameters");
        if (isLegacy && !config.Contains("rank"))
        {
            context.Report(
                DialectFields.IsPeft(config) ? CheckCodes.OtherDialect : CheckCodes.FieldMissing,
                "lora_parameters",
                "ValueError: The adapter does not have lora params in the config: neither rank nor lora_parameters");
            return;
        }

        if (context.OpenWeights("RuntimeError: cannot open adapters.safetensors, the only file that it looks for", AdapterFiles.MlxWeights) is not { } raw)
        {
            return;
        }

        MlxFactorRules.CheckDTypes(context, raw);
        if (isLegacy)
        {
            MlxVlmLegacyRules.Check(context, config, raw, RootsOf);
        }
        else
        {
            CheckCurrent(context, config, raw);
        }
    }

    private void CheckCurrent(CheckContext context, JsonObject config, ITensorContainer raw)
    {
        MlxTensors tensors = MlxTensors.Of(raw.Tensors);
        if (config["lora_parameters"] is not JsonObject parameters)
        {
            context.Report(CheckCodes.FieldRefused, "lora_parameters", $"TypeError: is {config["lora_parameters"]!.Kind}, not an object");
            return;
        }

        ModelOutline model = MlxOutlines.For(context, tensors, RootsOf);
        string type = (config["fine_tune_type"] as JsonString)?.Value ?? "lora";
        if (type == "full")
        {
            LooseTensorRules.CheckPairs(context, tensors, model, _ => false, isDora: false);
            return;
        }

        LoraParameters? numbers = LoraParameters.Read(context, parameters);
        bool isDora = type == "dora";
        ModuleReach? reach = parameters.Contains("keys") ? WithKeys(context, parameters["keys"]!, model, isDora) : WithoutKeys(context, config, model, isDora);
        if (numbers is not null && reach is not null)
        {
            LooseTensorRules.CheckPairs(context, tensors, model, reach.Wraps, isDora);
        }
    }

    private static LayerReach? WithoutKeys(CheckContext context, JsonObject config, ModelOutline model, bool isDora)
    {
        long? layers = config.Contains("num_layers") ? PythonNumbers.LayerCount(config["num_layers"]) : -1;
        if (layers is null)
        {
            context.Report(CheckCodes.FieldRefused, "num_layers", $"TypeError: is {config["num_layers"]!.Kind}; it must be an integer without a point");
            return null;
        }

        LayerReach reach = MlxLmReader.Follow(null, layers.Value, model, isDora);
        LayerKeyRules.Check(context, reach);
        return reach;
    }

    private ModuleReach? WithKeys(CheckContext context, JsonValue keys, ModelOutline model, bool isDora)
    {
        if (keys is not JsonArray list)
        {
            context.Report(CheckCodes.FieldRefused, KeysField, keys is JsonNull ? "TypeError: keys is null, which cannot be iterated"
                : $"TypeError or AttributeError: keys is {keys.Kind}, not a list of paths");
            return null;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        bool isValid = true;
        foreach (JsonValue item in list)
        {
            string? problem = item is not JsonString { Value: var key } ? $"AttributeError: an item is {item.Kind}, not a path"
                : !names.Add(key) ? $"ValueError: Can't convert layer of type LoRALinear to LoRA: {key} is named twice"
                : ProblemOf(key, model);
            if (problem is not null)
            {
                context.Report(CheckCodes.KeyRefused, KeysField, problem);
                isValid = false;
            }
        }

        return isValid ? Reach(names, 0, model, isDora, context.Architecture) : null;
    }

    private static string? ProblemOf(string key, ModelOutline model)
    {
        ModelSlot place = model.Find(key);
        return place switch
        {
            { State: SlotState.Absent } => $"AttributeError: no module {key}; keys are full paths from the root of the model",
            { State: SlotState.Fixed } => $"ValueError: Can't convert layer to LoRA: {key} is {place.What}",
            { Kind: not TargetKind.Linear } => $"ValueError: Can't convert layer of type {place.TypeName} to LoRA: {key}",
            { State: SlotState.Unknown } when model is AdapterOutline assumed && assumed.HasBelowLayers(key) =>
                $"AttributeError: no module {key}; keys are full paths from the root of the model, and this is one below a layer",
            _ => null,
        };
    }
}
