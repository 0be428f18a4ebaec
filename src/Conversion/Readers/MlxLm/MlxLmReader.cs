using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Conversion.Readers.Mlx;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Readers.MlxLm;

/// <summary>mlx-lm 0.32.0, <c>load_adapters</c>: fields are read without defaults, every tensor's name and shape is checked, missing ones are not.</summary>
internal sealed class MlxLmReader() : Reader(TargetProfile.MlxLm)
{
    public override LayerReach Reach(IEnumerable<string>? keys, long numLayers, ModelOutline outline, bool isDora, Architecture? architecture) =>
        Follow(keys, numLayers, outline, isDora);

    /// <summary>What <c>linear_to_lora_layers</c> wraps; mlx-vlm and Unsloth call it, or a copy of it, in some cases.</summary>
    public static LayerReach Follow(IEnumerable<string>? keys, long numLayers, ModelOutline outline, bool isDora) =>
        new(outline, KeyReach.OfMlxLm(keys, numLayers, outline.LayerCount), isDora);

    public override void Check(CheckContext context)
    {
        if (context.ReadConfig(
            "FileNotFoundError: adapter_config.json",
            "AttributeError: no attribute 'num_layers'; this is a PEFT folder, which mlx-lm does not read") is not { } config)
        {
            return;
        }

        if (context.OpenWeights("RuntimeError: cannot open adapters.safetensors, the only file that it looks for", AdapterFiles.MlxWeights) is { } tensors)
        {
            CheckTensors(context, config, tensors);
        }
    }

    /// <summary>What holds for a config and the tensors beside it; Unsloth calls mlx-lm for folders that list no module paths.</summary>
    public static void CheckTensors(CheckContext context, JsonObject config, ITensorContainer raw)
    {
        MlxFactorRules.CheckDTypes(context, raw);
        MlxTensors tensors = MlxTensors.Of(raw.Tensors);
        ModelOutline model = MlxOutlines.For(context, tensors, architecture => [architecture.Layers.Mlx]);
        string type = (config["fine_tune_type"] as JsonString)?.Value ?? "lora";
        if (type == "full")
        {
            CheckFull(context, raw, model);
            return;
        }

        if (Fields(context, config) is not var (layers, parameters))
        {
            return;
        }

        bool isDora = type == "dora";
        LoraParameters? numbers = LoraParameters.Read(context, parameters);
        if (!LayerKeyRules.TryRead(context, parameters["keys"], out string[]? keys))
        {
            return;
        }

        LayerReach reach = Follow(keys, layers, model, isDora);
        LayerKeyRules.Check(context, reach);
        if (numbers is not null)
        {
            new StrictTensorRules(context, model, isDora).Check(tensors, reach, numbers.Value.Rank);
        }
    }

    private static (long Layers, JsonObject Parameters)? Fields(CheckContext context, JsonObject config)
    {
        long? layers = PythonNumbers.LayerCount(config["num_layers"]);
        if (!config.Contains("num_layers"))
        {
            string legacy = config.Contains("lora_layers") ? "; lora_layers is its name before mlx-lm 0.19" : string.Empty;
            context.Report(CheckCodes.FieldMissing, "num_layers", "AttributeError: no attribute 'num_layers'" + legacy);
        }
        else if (layers is null)
        {
            context.Report(CheckCodes.FieldRefused, "num_layers", $"TypeError: is {config["num_layers"]!.Kind}; it must be an integer without a point");
        }

        if (!config.Contains("lora_parameters"))
        {
            context.Report(CheckCodes.FieldMissing, "lora_parameters", "AttributeError: no attribute 'lora_parameters'");
        }
        else if (config["lora_parameters"] is not JsonObject)
        {
            context.Report(CheckCodes.FieldRefused, "lora_parameters", $"AttributeError: is {config["lora_parameters"]!.Kind}, which has no attribute 'get'");
        }

        return layers is not null && config["lora_parameters"] is JsonObject parameters ? (layers.Value, parameters) : null;
    }

    // Whole weights: every tensor must be a parameter of the base model, with its shape.
    private static void CheckFull(CheckContext context, ITensorContainer raw, ModelOutline model)
    {
        foreach (NamedTensor tensor in raw.Tensors)
        {
            if (model.HasParameter(tensor.Name) == false)
            {
                context.Report(CheckCodes.TensorRefused, tensor.Name, "ValueError: not an adapter parameter in the model: the model has no such parameter");
            }
            else if (model.ShapeOf(tensor.Name) is { } shape && !shape.SequenceEqual(tensor.Tensor.Shape.Dimensions))
            {
                context.Report(CheckCodes.ShapeRefused, tensor.Name,
                    $"ValueError: adapter shape {tensor.Tensor.Shape} does not match model parameter shape ({string.Join(", ", shape)})");
            }
            else
            {
                context.Report(CheckCodes.BaseReplaced, tensor.Name, "is put in place of the base's");
            }
        }
    }
}
