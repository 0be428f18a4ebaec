using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Conversion.Readers.Mlx;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Readers.MlxLm;

/// <summary>mlx-lm 0.32.0's own look at every tensor: its name must be that of a factor of a wrapped module, and its shape that of the wrapper.</summary>
/// <param name="context">The check.</param>
/// <param name="model">The model.</param>
/// <param name="isDora">Whether wrappers have an <c>m</c>.</param>
internal sealed class StrictTensorRules(CheckContext context, ModelOutline model, bool isDora)
{
    private const string NotInModel = "not an adapter parameter in the model";

    /// <summary>Checks all tensors.</summary>
    /// <param name="tensors">The file's.</param>
    /// <param name="reach">What is wrapped.</param>
    /// <param name="rank">The wrappers' rank.</param>
    public void Check(MlxTensors tensors, ModuleReach reach, long rank)
    {
        foreach (MlxPair pair in tensors.Pairs)
        {
            CheckPair(pair, reach, rank);
        }

        foreach (NamedTensor other in tensors.Others)
        {
            context.Report(CheckCodes.TensorRefused, other.Name, "ValueError: " + Explain(other.Name));
        }

        CheckHoles(tensors, reach);
    }

    // Every wrapped module is saved, so a layer without any tensor between layers with some was lost.
    private void CheckHoles(MlxTensors tensors, ModuleReach reach)
    {
        (int Layer, string Relative)[] pairs =
            [.. tensors.Pairs.Where(pair => reach.Wraps(pair.Path)).Select(
                pair => model.TrySplit(pair.Path, out int layer, out string relative) ? (layer, relative) : (-1, string.Empty)).Where(pair => pair.Item1 >= 0)];
        if (pairs is [])
        {
            return;
        }

        HashSet<int> present = [.. pairs.Select(pair => pair.Layer)];
        string[] relatives = [.. pairs.Select(pair => pair.Relative).Distinct()];
        int first = present.Min(), last = (int)Math.Min(present.Max(), model.LayerCount);
        string[] empty =
        [
            .. Enumerable.Range(first, Math.Max(0, last - first))
                .Where(layer => !present.Contains(layer) && relatives.Any(relative => reach.Wraps($"{model.Root}.{layer}.{relative}")))
                .Select(layer => $"{model.Root}.{layer}"),
        ];
        if (empty is not [])
        {
            context.Report(CheckCodes.NeutralModules, "lora_parameters.keys",
                $"wraps {NameList.Of(empty, most: 3)} too, and the file has nothing for them, though it has for layers before and after");
        }
    }

    private void CheckPair(MlxPair pair, ModuleReach reach, long rank)
    {
        ModelSlot place = model.Find(pair.Path);
        if (!reach.Wraps(pair.Path))
        {
            bool tooFew = reach.WouldWrapInAllLayers(pair.Path);
            string why = place.State switch
            {
                SlotState.Absent => "the model has no such module",
                SlotState.Fixed => $"it is {place.What}",
                _ when isDora && place.Kind == TargetKind.Switch => "experts are not wrapped for DoRA",
                _ when tooFew => "num_layers does not reach its layer",
                _ => "no key reaches it; keys are paths below a layer, or full paths",
            };
            context.Report(tooFew ? CheckCodes.NumLayersTooSmall : CheckCodes.TensorRefused, pair.Path, $"ValueError: {pair.Names}: {NotInModel}: {why}");
            return;
        }

        if (pair.M is not null && !isDora)
        {
            context.Report(CheckCodes.TensorRefused, pair.Path + ".m", $"ValueError: {NotInModel}: fine_tune_type is not dora");
        }

        if (isDora && QuantizedDora.Misfit(context.BaseConfig, pair, place, rank) is var (factor, packed, live))
        {
            context.Report(
                CheckCodes.ShapeRefused, $"{pair.Path}.{factor}", $"ValueError: adapter shape {packed.Shape} does not match model parameter shape {live}");
            return;
        }

        foreach ((string name, LazyTensor tensor, string expected) in FactorShapes.Misfits(pair, place, rank).Where(misfit => isDora || misfit.Name != "m"))
        {
            string legacy = place.Kind == TargetKind.Switch && name == "lora_a" && tensor.Shape.Rank == 2
                ? "; this is the flattened form of mlx-lm 0.14.0 to 0.28.2" : string.Empty;
            context.Report(CheckCodes.ShapeRefused, $"{pair.Path}.{name}",
                $"ValueError: adapter shape {tensor.Shape} does not match model parameter shape {expected}{legacy}");
        }

        MlxFactorRules.CheckWhole(context, pair, isDora);
    }

    private static string Explain(string name)
    {
        string[] segments = name.Split('.');
        bool isList = segments is [.., "lora_a" or "lora_b", _];
        return isList ? $"{NotInModel}: factors that are layers or lists (afm7) are not known by their last segment" : $"{NotInModel}: it is no factor";
    }
}
