using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary>Numbers in strings, and integers with a point, which every MLX reader refuses.</summary>
internal sealed class NumberFormDetector : IMlxDetector
{
    public IEnumerable<Finding> Detect(MlxFolderFacts facts)
    {
        foreach (MlxNumber number in facts.Config?.Numbers ?? [])
        {
            bool isInteger = number.Field.EndsWith("rank", StringComparison.Ordinal) || number.Field.EndsWith("layers", StringComparison.Ordinal);
            if (number.IsText)
            {
                yield return ConfigCodes.NumberAsText.At(facts.ConfigName, $"{number.Field} is {number.Shown}");
            }
            else if (isInteger && number.IsIntegralFloat)
            {
                yield return ConfigCodes.IntegralFloat.At(facts.ConfigName, $"{number.Field} is {number.Shown}; an integer belongs there");
            }
        }
    }
}
