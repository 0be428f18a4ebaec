using Transfuse.Conversion.Models.Bases;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Readers.Peft;

/// <summary>Base weights that PEFT saved along with an adapter, before a reader that skips them: nothing is lost if they equal the base's.</summary>
internal static class SavedWeights
{
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
                context.Report(
                    CheckCodes.BaseUnknown, saved.SourceName, "is skipped, which is right if it equals the base's; the base's weights were not given");
                break;
        }
    }

    private static bool? EqualsBase(CheckContext context, OtherTensor saved) =>
        context.BaseWeights is { } weights && SavedBaseWeight.Find(weights, context.Architecture, saved.Path) is { } found
            ? SavedBaseWeight.HasValuesOf(saved.Tensor, found, context.CancellationToken)
            : null;
}
