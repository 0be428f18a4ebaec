using System.Globalization;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Conversion.Readers.Mlx;
using Transfuse.Conversion.Readers.Served;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Readers.MlxSwift;

/// <summary>mlx-swift-lm 3.31.4, <c>LoRAContainer.fromPEFT</c>: plain LoRA with one scale, alpha / r; all other fields and tensors are passed over.</summary>
/// <param name="reader">The reader.</param>
/// <param name="context">The check.</param>
internal sealed class SwiftPeftRules(MlxSwiftReader reader, CheckContext context)
{
    // fromPEFT's own default for the number of layers.
    private const long Layers = 1024;
    private const string Prefix = "base_model.model.";

    public void Check(JsonObject config)
    {
        context.Report(
            CheckCodes.CallNeeded, AdapterFiles.Config, "PEFT folders load through LoRAContainer.fromPEFT(directory:), not through ModelAdapterFactory");
        var fields = new SwiftFields(context, config);
        fields.CheckNumbers();
        string type = config["peft_type"] is null or JsonNull ? "LORA" : fields.Text("peft_type") ?? "LORA";
        if (!type.Equals("LORA", StringComparison.OrdinalIgnoreCase))
        {
            context.Report(CheckCodes.MethodRefused, "peft_type", $"unsupportedAdapterType: PEFT adapter type {type} (only LORA is supported)");
            return;
        }

        long? rank = fields.Integer("r");
        double? alpha = fields.Number("lora_alpha");
        fields.Strings("target_modules", isOptional: false);
        if (fields.Number("lora_dropout", 0) is not (>= 0 and < 1) and { } dropout)
        {
            fields.Refuse(
                "lora_dropout", FormattableString.Invariant($"DecodingError.dataCorrupted: lora_dropout is {dropout}; it must be in the range [0, 1)"));
        }

        if (fields.Boolean("use_dora", false))
        {
            context.Report(CheckCodes.MethodRefused, "use_dora", "unsupportedAdapterType: PEFT LORA with use_dora=true");
        }

        if (context.OpenWeights("adapter_model.safetensors, the only file that it looks for, does not exist", AdapterFiles.PeftWeights) is not { } raw)
        {
            return;
        }

        MlxFactorRules.CheckDTypes(context, raw);
        if (fields.IsValid && rank is { } r && alpha is { } numerator)
        {
            CheckTensors(config, raw, (float)numerator / (float)r);
        }
    }

    private void CheckTensors(JsonObject config, ITensorContainer raw, double scale)
    {
        var renamed = new List<NamedTensor>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (NamedTensor tensor in raw.Tensors)
        {
            string name = tensor.Name.StartsWith(Prefix, StringComparison.Ordinal) ? tensor.Name[Prefix.Length..] : tensor.Name;
            (string Suffix, string Leaf) factor = name.EndsWith(".lora_A.weight", StringComparison.Ordinal) ? (".lora_A.weight", ".lora_a")
                : name.EndsWith(".lora_B.weight", StringComparison.Ordinal) ? (".lora_B.weight", ".lora_b")
                : (string.Empty, string.Empty);
            if (factor.Suffix.Length == 0)
            {
                context.Report(CheckCodes.TensorIgnored, tensor.Name, "is skipped: only names that end with lora_A.weight or lora_B.weight are taken");
                continue;
            }

            string path = name[..^factor.Suffix.Length];
            if (BelowLayer(path) is { } key)
            {
                keys.Add(key);
            }

            renamed.Add(new NamedTensor(path + factor.Leaf, tensor.Tensor.Shape.Rank == 2 ? tensor.Tensor.Transpose() : tensor.Tensor));
        }

        MlxTensors tensors = MlxTensors.Of(renamed);
        ModelOutline model = MlxOutlines.For(context, tensors, reader.RootsOf);
        SwiftTensorRules.Check(context, tensors, model, reader.Reach(keys, Layers, model, isDora: false, context.Architecture), isDora: false);
        MlxSwiftReader.CheckSupport(context, tensors, model, context.Architecture?.Swift);
        if (ServedAdapter.Of(context, config, raw) is { } adapter)
        {
            adapter.CheckScale(scale, "it is always lora_alpha / r; use_rslora, rank_pattern and alpha_pattern are not read");
            adapter.CheckSettings();
        }
    }

    /// <summary>What follows the first name, "layers" and number of a path, as <c>stripLayerPrefix</c> finds it.</summary>
    private static string? BelowLayer(string path)
    {
        string[] parts = path.Split('.');
        for (int i = 0; i + 2 < parts.Length; i++)
        {
            if (parts[i + 1] == "layers" && int.TryParse(parts[i + 2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            {
                return i + 3 < parts.Length ? string.Join('.', parts[(i + 3)..]) : null;
            }
        }

        return null;
    }
}
