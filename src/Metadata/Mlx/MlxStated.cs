using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx;

/// <summary>Chooses between a number in <c>lora_parameters</c>, which every reader takes, and Unsloth's copy of it at the top level.</summary>
internal static class MlxStated
{
    /// <summary>The number, or an error that names the field; one of the two is there.</summary>
    /// <param name="nested">The field in <c>lora_parameters</c>.</param>
    /// <param name="mirror">The copy.</param>
    /// <param name="option">The option that answers, such as <c>--scale NUMBER</c>.</param>
    /// <param name="fileName">The config's name in findings.</param>
    public static MlxReadingValue Choose(MlxNumber nested, MlxNumber mirror, string option, string fileName) => (nested.Value, mirror.Value) switch
    {
        ({ } own, { } copy) when (float)own != (float)copy => MlxReadingValue.Unknown(MlxConfigCodes.Contradiction.At(
            fileName, $"{nested.Field} is {MlxNumber.Show(own)}, but {mirror.Field} is {MlxNumber.Show(copy)}; give {option}")),
        ({ } own, _) => MlxReadingValue.Told(own),
        (null, { } copy) =>
            MlxReadingValue.Told(
                copy, MlxConfigCodes.CopyTaken.At(fileName, $"{nested.Field} is {nested.Shown}; {mirror.Field} has its copy, {MlxNumber.Show(copy)}")),
        _ =>
            MlxReadingValue.Unknown(
                MlxConfigCodes.FieldUnusable.At(
                    fileName, $"{(nested.IsMissing ? mirror : nested).Field} is {(nested.IsMissing ? mirror : nested).Shown}, not a number; give {option}")),
    };
}
