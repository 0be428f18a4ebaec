using Transfuse.Conversion.Models.Outlines;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Readers.Mlx;

/// <summary>What <c>load_weights(strict=False)</c> does: names that the model does not have are dropped, shapes are not compared.</summary>
internal static class LooseTensorRules
{
    /// <summary>Checks a tensor that is no factor.</summary>
    public static void CheckOther(CheckContext context, string name, ModelOutline model)
    {
        switch (model.HasParameter(name))
        {
            case true:
                context.Report(CheckCodes.BaseReplaced, name, "is put in place of the base's");
                break;
            case false:
                context.Report(CheckCodes.TensorIgnored, name, "is dropped: the model has no such parameter");
                break;
            default:
                context.Report(
                    CheckCodes.BaseUnknown, name, "is no factor; it replaces a base weight if the model has one of this name, and is dropped otherwise");
                break;
        }
    }

    /// <summary>Checks the factors of all modules.</summary>
    /// <param name="context">The check.</param>
    /// <param name="tensors">The file's tensors.</param>
    /// <param name="model">The model.</param>
    /// <param name="wraps">Which modules are wrapped.</param>
    /// <param name="isDora">Whether wrappers have an <c>m</c>.</param>
    public static void CheckPairs(CheckContext context, MlxTensors tensors, ModelOutline model, Func<string, bool> wraps, bool isDora)
    {
        foreach (MlxPair pair in tensors.Pairs)
        {
            if (!wraps(pair.Path))
            {
                context.Report(CheckCodes.TensorIgnored, pair.Path, $"{pair.Names}: dropped, because the module is not wrapped");
                continue;
            }

            if (pair.M is not null && !isDora)
            {
                context.Report(CheckCodes.DoraMisread, pair.Path + ".m", "is dropped, because fine_tune_type is not dora");
            }

            MlxFactorRules.CheckWhole(context, pair, isDora);
            MlxFactorRules.CheckUnchecked(context, pair, model.Find(pair.Path));
        }

        foreach (NamedTensor other in tensors.Others)
        {
            CheckOther(context, other.Name, model);
        }
    }
}
