using Transfuse.Conversion.Dialects.Peft;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Readers.Peft;

/// <summary>What PEFT does with tensors that are no factors, and with settings that ask for some (PEFT 0.21, <c>set_peft_model_state_dict</c>).</summary>
/// <param name="context">The check.</param>
/// <param name="config">The config.</param>
/// <param name="file">The tensors.</param>
/// <param name="model">The model, where it is known.</param>
/// <param name="bound">The modules that are wrapped, so that their own parameters are called <c>base_layer</c>.</param>
internal sealed class PeftOtherTensorRules(CheckContext context, PeftConfig config, PeftFile file, HfOutline? model, IReadOnlySet<string> bound)
{
    private const string Weight = ".weight";

    public void Check()
    {
        foreach (OtherTensor tensor in file.Others)
        {
            Check(tensor);
        }

        foreach (string item in config.ModulesToSave)
        {
            CheckSaved(item);
        }

        if (config.Variants.TrainableTokenIndices is { } indices && (indices is JsonArray || Count(indices) > 0)
            && !file.Others.Any(tensor => tensor.Kind == OtherTensorKind.TokenRows))
        {
            context.Report(CheckCodes.TensorRefused, "trainable_token_indices",
                "KeyError: token_adapter.trainable_tokens_delta: the config names tokens, and the file has no rows for them");
        }
    }

    private void Check(OtherTensor tensor)
    {
        switch (tensor.Kind)
        {
            case OtherTensorKind.WholeModule or OtherTensorKind.SavedEmbedding or OtherTensorKind.BaseBias:
                CheckReplacement(tensor);
                break;
            case OtherTensorKind.LoraBias when !config.Variants.LoraBias:
                Ignored(tensor, "lora_bias is not true");
                break;
            case OtherTensorKind.TokenRows when config.Variants.TrainableTokenIndices is null:
                Ignored(tensor, "trainable_token_indices is missing");
                break;
            case OtherTensorKind.TokenRows when config.Variants.TrainableTokenIndices is JsonArray list && tensor.Tensor.Shape.Rank == 2
                && tensor.Tensor.Shape[0] != list.Items.Length:
                context.Report(
                    CheckCodes.ShapeRefused, tensor.SourceName, $"RuntimeError: size mismatch: {tensor.Tensor.Shape} for {list.Items.Length} tokens");
                break;
            case OtherTensorKind.Unknown when config.Variants.Active().IsEmpty:
                Ignored(tensor, "no setting makes a parameter of this name");
                break;
            default:
                break;
        }
    }

    private void CheckReplacement(OtherTensor tensor)
    {
        string path = tensor.Path.Replace(".base_layer.", ".", StringComparison.Ordinal);
        string module = path[..Math.Max(0, path.LastIndexOf('.'))];
        bool isAbsent = model is not null && path.EndsWith(Weight, StringComparison.Ordinal) && model.Find(module).IsAbsent && !IsNorm(module);
        bool isBaseLayer = path != tensor.Path;
        if (ModulesBeside.Has(context, module))
        {
            context.Report(CheckCodes.NotJudged, tensor.SourceName, ModulesBeside.Why);
        }
        else if (isAbsent)
        {
            Ignored(tensor, "the model has no such parameter");
        }
        else if (isBaseLayer != bound.Contains(module))
        {
            Ignored(tensor,
                isBaseLayer ? "the module is not adapted, so it has no base_layer" : "the module is adapted, so its own parameters are called base_layer");
        }
        else if (model?.Find(module) is { Inputs: { } inputs, Outputs: { } outputs, IsEmbedding: { } isEmbedding }
            && path.EndsWith(Weight, StringComparison.Ordinal)
            && !tensor.Tensor.Shape.Dimensions.SequenceEqual(isEmbedding ? [inputs, outputs] : [outputs, inputs]))
        {
            context.Report(CheckCodes.ShapeRefused, tensor.SourceName,
                $"RuntimeError: size mismatch: {tensor.Tensor.Shape} in the file, ({(isEmbedding ? inputs : outputs)}, {(isEmbedding ? outputs : inputs)}) in "
                + "the model");
        }
        else if (context.BaseWeights is { } weights && SavedBaseWeight.Find(weights, context.Architecture, path) is { } live
            && live.Shape != tensor.Tensor.Shape
            && model?.Find(module) is not { Inputs: not null })
        {
            context.Report(
                CheckCodes.ShapeRefused, tensor.SourceName, $"RuntimeError: size mismatch: {tensor.Tensor.Shape} in the file, {live.Shape} in the model");
        }
        else
        {
            context.Report(CheckCodes.BaseReplaced, tensor.SourceName, "is put in place of the base's");
        }
    }

    // PEFT wraps every module whose path ends with the item, without regard to dots, and wants all parameters of each.
    private void CheckSaved(string item)
    {
        // PEFT looks for the name that it saves, without the wrapper's own segments.
        OtherTensor[] saved =
            [.. file.Others.Where(tensor => !tensor.SourceName.Contains(".modules_to_save.", StringComparison.Ordinal)
                && !tensor.SourceName.Contains(".original_module.", StringComparison.Ordinal))];
        bool inFile = saved.Any(tensor => tensor.Kind == OtherTensorKind.WholeModule && IsSavedBy(tensor.Path, item));
        string[] wrapped =
            [.. (model?.Modules ?? []).Where(module => module.IsModule && module.Path.EndsWith(item, StringComparison.Ordinal)).Select(module => module.Path)];
        if (wrapped is [] && !inFile && context.BaseWeights?.Names.FirstOrDefault(name => name.EndsWith(item + Weight, StringComparison.Ordinal)) is { } other)
        {
            wrapped = [other[..^Weight.Length]];
        }

        string[] missing =
            [.. wrapped.Where(path => !saved.Any(tensor => tensor.Path == path + Weight || tensor.Path.StartsWith(path + ".", StringComparison.Ordinal)))];
        if (missing is not [] || (model is null && !inFile && PeftPromises.MissingModules([item], file.Others, config.TaskType) is not []))
        {
            context.Report(CheckCodes.TensorRefused, "modules_to_save",
                $"KeyError: {(missing is [] ? item : missing[0])}.weight: the config names it, and the file does not have it");
        }
    }

    private static bool IsSavedBy(string tensorPath, string item) => tensorPath.LastIndexOf('.') is int dot and > 0
        && (tensorPath[..dot].EndsWith(item, StringComparison.Ordinal) || tensorPath.Contains(item + ".", StringComparison.Ordinal));

    private static bool IsNorm(string module) => ModulePath.LeafOf(module) is var leaf
        && (leaf.Contains("norm", StringComparison.OrdinalIgnoreCase) || leaf.StartsWith("ln", StringComparison.Ordinal));

    private static int Count(JsonValue indices) => indices switch
    {
        JsonArray list => list.Items.Length,
        JsonObject lists => lists.Members.Length,
        _ => 0,
    };

    private void Ignored(OtherTensor tensor, string why) => context.Report(CheckCodes.TensorIgnored, tensor.SourceName, $"unexpected keys are ignored: {why}");
}
