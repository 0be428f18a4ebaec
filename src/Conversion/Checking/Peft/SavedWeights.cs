using Transfuse.Conversion.Architectures;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Checking.Peft;

/// <summary>Base weights that PEFT saved along with an adapter, before a reader that skips them: nothing is lost if they equal the base's.</summary>
internal static class SavedWeights
{
    private const string BaseLayer = ".base_layer";

    /// <summary>Reports a saved base weight that is skipped, unless it equals the base's.</summary>
    public static void CheckSkipped(CheckContext context, OtherTensor saved)
    {
        switch (EqualsBase(context, saved))
        {
            case true:
                break;
            case false:
                context.Report(CheckCodes.TensorIgnored, saved.SourceName, "is skipped, and it differs from the base's");
                break;
            default:
                context.Report(CheckCodes.BaseUnknown, saved.SourceName, "is skipped, which is right if it equals the base's; the base's weights were not given");
                break;
        }
    }

    private static bool? EqualsBase(CheckContext context, OtherTensor saved)
    {
        if (context.BaseWeights is not { } weights)
        {
            return null;
        }

        string name = saved.Path.Replace(BaseLayer, string.Empty, StringComparison.Ordinal);
        string module = name[..Math.Max(0, name.LastIndexOf('.'))];
        GlobalModule? global = context.Architecture?.Globals.FirstOrDefault(candidate => candidate.HuggingFace.Any(pattern => pattern.TryMatch(module, out _)));
        IEnumerable<string> names = global is null ? [name] : [name, .. NamesOf(global), .. global.Role == ModuleRole.Head ? context.Architecture!.Globals.Where(other => other.Role == ModuleRole.InputEmbedding).SelectMany(NamesOf) : []];
        LazyTensor? found = names.Select(weights.Find).FirstOrDefault(tensor => tensor is not null);
        return found is null ? null : AreEqual(saved.Tensor, found, context.CancellationToken);
    }

    private static IEnumerable<string> NamesOf(GlobalModule global) =>
        global.HuggingFace.Append(global.Mlx!).OfType<PathPattern>().Select(pattern => pattern.Path + ".weight");

    // PEFT saves in the dtype in which the model was loaded; a wider one holds the same values.
    private static bool AreEqual(LazyTensor saved, LazyTensor found, CancellationToken cancellationToken)
    {
        if (saved.Shape != found.Shape)
        {
            return false;
        }

        return saved.DType == found.DType ? TensorProbe.BytesEqual(saved, found, cancellationToken)
            : saved.DType.IsFactorFloat() && found.DType.IsFactorFloat() && TensorProbe.BytesEqual(saved.Cast(DType.F64), found.Cast(DType.F64), cancellationToken);
    }
}
