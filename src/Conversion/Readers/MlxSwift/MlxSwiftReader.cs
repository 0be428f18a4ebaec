using System.Collections.Frozen;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Conversion.Readers.Mlx;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Readers.MlxSwift;

/// <summary>mlx-swift-lm 3.31.4: <c>LoRAContainer.from(directory:)</c> for MLX folders, <c>LoRAContainer.fromPEFT</c> for PEFT folders.</summary>
internal sealed class MlxSwiftReader() : Reader(TargetProfile.MlxSwift)
{
    public override string Program => "mlx-swift-lm";

    // Swift has a parser of its own.
    public override bool IsPython => false;

    public override bool HoldsElsewhere => true;

    public override string? RootOf(Architecture architecture) => architecture.Swift?.Llm ?? architecture.Swift?.Vlm;

    /// <summary>The layers' paths in the classes for text and for vision-language models.</summary>
    public override IEnumerable<string?> RootsOf(Architecture architecture) => [architecture.Swift?.Llm, architecture.Swift?.Vlm];

    public override string? KeysBelow(Architecture architecture) => architecture.Swift?.Adapts == SwiftModels.Attention ? SwiftModels.Attention : null;

    public override string? OwnPathOf(string path, Architecture architecture) => SwiftModels.OwnPathOf(path, architecture);

    public override void DescribeModel(Architecture architecture, FindingLog log) => SwiftModels.DescribeClass(architecture, log);

    public override bool Offers(AdapterModule module, Architecture architecture, FindingLog log) => SwiftModels.Offers(module, architecture, log);

    public override SwiftReach Reach(IEnumerable<string>? keys, long numLayers, ModelOutline outline, bool isDora, Architecture? architecture) =>
        new(outline, architecture?.Swift, KeyReach.OfMlxSwift(keys, numLayers, outline.LayerCount));

    public override void Check(CheckContext context)
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
            new SwiftPeftRules(this, context).Check(config);
            return;
        }

        CheckNative(context, config);
    }

    private void CheckNative(CheckContext context, JsonObject config)
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

        MlxTensors tensors = MlxTensors.Of(raw.Tensors);
        ModelOutline model = MlxOutlines.For(context, tensors, RootsOf);
        bool isDora = type == "dora";
        SwiftTensorRules.Check(context, tensors, model, Reach(keys, last, model, isDora, context.Architecture), isDora);
        CheckSupport(context, tensors, model, context.Architecture?.Swift);
    }

    /// <summary>Reports what the table knows to be special of the model in Swift.</summary>
    public static void CheckSupport(CheckContext context, MlxTensors tensors, ModelOutline model, SwiftSupport? support)
    {
        foreach (MlxPair pair in tensors.Pairs)
        {
            if (support is not null && model.TrySplit(pair.Path, out _, out string relative) && support.Differs.Contains(relative))
            {
                context.Report(CheckCodes.ScaleMisread, pair.Path,
                    "mlx-swift-lm scales the base weight of this module otherwise than mlx-lm, so the same factors change the model by another amount");
            }
        }

        if (support?.Adapts == SwiftModels.AttentionLayers)
        {
            context.Report(CheckCodes.NotJudged, "num_layers",
                "only the layers with attention count; whether the last num_layers of these reach all of the adapter's was not judged");
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
