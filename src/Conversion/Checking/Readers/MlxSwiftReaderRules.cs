using System.Collections.Frozen;
using Transfuse.Conversion.Checking.Mlx;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Checking.Readers;

/// <summary>mlx-swift-lm 3.31.4: <c>LoRAContainer.from(directory:)</c> for MLX folders, <c>LoRAContainer.fromPEFT</c> for PEFT folders.</summary>
internal sealed class MlxSwiftReaderRules : IReaderRules
{
    public void Check(CheckContext context)
    {
        if (context.ReadConfig("adapter_config.json does not exist") is not { } config)
        {
            return;
        }

        if (context.Architecture is { Swift: null } architecture)
        {
            context.Report(CheckCodes.ModelUnsupported, architecture.ModelType, "unsupportedModelType: mlx-swift-lm 3.31 has no such model");
            return;
        }

        if (DialectFields.IsPeft(config))
        {
            MlxSwiftPeftRules.Check(context, config);
            return;
        }

        CheckNative(context, config);
    }

    /// <summary>The layers' paths in the classes for text and for vision-language models.</summary>
    public static IEnumerable<string?> Roots(Architecture architecture) => [architecture.Swift?.Llm, architecture.Swift?.Vlm];

    private static void CheckNative(CheckContext context, JsonObject config)
    {
        var fields = new SwiftFields(context, config);
        fields.CheckNumbers();
        long? layers = fields.Integer("num_layers");
        string? type = fields.Text("fine_tune_type");
        if (type is not (null or "lora" or "dora"))
        {
            fields.Refuse("fine_tune_type", $"DecodingError.dataCorrupted: fine_tune_type is \"{type}\"; lora and dora are known");
        }

        if (layers < 0)
        {
            fields.Refuse("num_layers", $"is {layers}; suffix(_:) of a negative number stops the program");
        }

        FrozenSet<string>? keys = null;
        bool isValid = fields.IsValid;
        if (fields.Object("lora_parameters") is { } parameters)
        {
            keys = ReadParameters(context, parameters, ref isValid);
        }

        if (context.OpenWeights("adapters.safetensors, the only file that it looks for, does not exist", AdapterFiles.MlxWeights) is not { } raw)
        {
            return;
        }

        MlxFactorRules.CheckDTypes(context, raw);
        if (!isValid || !fields.IsValid || layers is not { } last)
        {
            return;
        }

        MlxTensors tensors = MlxTensors.Of(raw.All);
        ModelOutline model = MlxOutlines.For(context, tensors, Roots);
        SwiftSupport? support = context.Architecture?.Swift;
        SwiftTensorRules.Check(context, tensors, model, new SwiftWrapping(model, support, last, keys), type == "dora");
        CheckSupport(context, tensors, model, support);
    }

    /// <summary>Reports what the table knows to be special of the model in Swift.</summary>
    public static void CheckSupport(CheckContext context, MlxTensors tensors, ModelOutline model, SwiftSupport? support)
    {
        foreach (MlxPair pair in tensors.Pairs)
        {
            if (support is not null && model.TrySplit(pair.Path, out _, out string relative) && support.Differs.Contains(relative))
            {
                context.Report(CheckCodes.ScaleMisread, pair.Path, "mlx-swift-lm scales the base weight of this module otherwise than mlx-lm, so the same factors change the model by another amount");
            }
        }

        if (support?.Adapts == "attention_layers")
        {
            context.Report(CheckCodes.NotJudged, "num_layers", "only the layers with attention count; whether the last num_layers of these reach all of the adapter's was not judged");
        }
    }

    private static FrozenSet<string>? ReadParameters(CheckContext context, JsonObject parameters, ref bool isValid)
    {
        var fields = new SwiftFields(context, parameters, "lora_parameters.");
        fields.Integer("rank");
        if (fields.Number("scale") is { } scale && float.IsFinite((float)scale))
        {
            ScaleRange.Check(context, "lora_parameters.scale", scale);
        }

        if (fields.Number("dropout", 0) is not (>= 0 and < 1) and { } dropout)
        {
            fields.Refuse("dropout", FormattableString.Invariant($"DecodingError.dataCorrupted: dropout is {dropout}; it must be in the range [0, 1)"));
        }

        FrozenSet<string>? keys = fields.Strings("keys", isOptional: true)?.ToFrozenSet(StringComparer.Ordinal);
        isValid &= fields.IsValid;
        return keys;
    }
}
