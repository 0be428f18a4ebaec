using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Conversion.Readers.Mlx;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Readers.MlxSwift;

/// <summary>
/// What mlx-swift-lm's <c>load(into:)</c> verifies (3.31.4): no tensor may be left over, unless its layer index is beyond the model; shapes and missing tensors
/// are not looked at.
/// </summary>
internal static class SwiftTensorRules
{
    public static void Check(CheckContext context, MlxTensors tensors, ModelOutline model, SwiftReach reach, bool isDora)
    {
        foreach (MlxPair pair in tensors.Pairs)
        {
            CheckPair(context, pair, model, reach, isDora);
        }

        foreach (NamedTensor other in tensors.Others)
        {
            CheckOther(context, other.Name, model, reach);
        }
    }

    private static void CheckPair(CheckContext context, MlxPair pair, ModelOutline model, SwiftReach reach, bool isDora)
    {
        ModelSlot place = model.Find(pair.Path);
        if (reach.IsBeyond(pair.Path))
        {
            context.Report(CheckCodes.TensorIgnored, pair.Path,
                $"{pair.Names}: its layer is beyond the model's {model.LayerCount}, and list items beyond the end are dropped");
            return;
        }

        if (!reach.Wraps(pair.Path))
        {
            bool tooFew = reach.WouldWrapInAllLayers(pair.Path);
            string why = place switch
            {
                { Kind: TargetKind.Switch, CanBeWrapped: true } => "experts cannot be adapted",
                { Kind: TargetKind.Embedding, CanBeWrapped: true } => "embeddings cannot be adapted",
                { State: SlotState.Absent } => "the model has no such module",
                { State: SlotState.Fixed } => $"it is {place.What}",
                _ when !model.TrySplit(pair.Path, out _, out _) => "only modules inside the layers can be adapted",
                _ when tooFew => "num_layers does not reach its layer",
                _ => "no key reaches it; keys are paths below a layer",
            };
            context.Report(
                tooFew ? CheckCodes.NumLayersTooSmall : place is { CanBeWrapped: true, IsLinear: false } ? CheckCodes.ModuleRefused : CheckCodes.TensorRefused,
                pair.Path,
                $"unhandledKeys: {pair.Names}: {why}");
            return;
        }

        if (reach.ReleaseOf(pair.Path) is { } release)
        {
            context.Report(CheckCodes.ReleaseNeeded, pair.Path, $"is reached by the keys in {release} alone; the others refuse it (unhandledKeys)");
        }

        if (pair.M is not null && !isDora)
        {
            context.Report(CheckCodes.TensorRefused, pair.Path + ".m", "unhandledKeys: fine_tune_type is not dora");
        }

        MlxFactorRules.CheckWhole(context, pair, isDora);
        MlxFactorRules.CheckUnchecked(context, pair, place);
    }

    private static void CheckOther(CheckContext context, string name, ModelOutline model, SwiftReach reach)
    {
        if (reach.IsBeyond(name))
        {
            context.Report(CheckCodes.TensorIgnored, name, $"its layer is beyond the model's {model.LayerCount}, and list items beyond the end are dropped");
        }
        else if (model.HasParameter(name) == true)
        {
            context.Report(CheckCodes.BaseReplaced, name, "is put in place of the base's");
        }
        else if (model.HasParameter(name) == false)
        {
            context.Report(CheckCodes.TensorRefused, name, "unhandledKeys: the model has no such parameter");
        }
        else
        {
            context.Report(CheckCodes.BaseUnknown, name, "is no factor; it replaces a base weight if the model has one of this name, and is refused otherwise");
        }
    }
}
