using System.Globalization;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion.Dialects.Mlx;

/// <summary>A tensor name of an MLX adapter file, taken apart.</summary>
/// <param name="Module">The module's path.</param>
/// <param name="Factor">Which factor it is.</param>
/// <param name="Form">How the factors are named.</param>
internal readonly record struct MlxTensorName(string Module, MlxFactor Factor, MlxFactorForm Form)
{
    public static MlxTensorName Parse(string name)
    {
        string[] segments = name.Split('.');
        return segments switch
        {
            [.., "lora_a"] => Of(segments[..^1], MlxFactor.A, MlxFactorForm.Parameters),
            [.., "lora_b"] => Of(segments[..^1], MlxFactor.B, MlxFactorForm.Parameters),
            [.., "lora_a", "weight"] => Of(segments[..^2], MlxFactor.A, MlxFactorForm.Layers),
            [.., "lora_b", "weight"] => Of(segments[..^2], MlxFactor.B, MlxFactorForm.Layers),
            [.., "A"] => Of(segments[..^1], MlxFactor.A, MlxFactorForm.Legacy),
            [.., "B"] => Of(segments[..^1], MlxFactor.B, MlxFactorForm.Legacy),
            [.., "m"] => Of(segments[..^1], MlxFactor.Magnitude, MlxFactorForm.Parameters),
            [.., "lora_a" or "lora_b", string index] when IsIndex(index) => Of(segments[..^2], MlxFactor.ListItem, MlxFactorForm.Parameters),
            _ => new MlxTensorName(name, MlxFactor.None, MlxFactorForm.Parameters),
        };
    }

    private static MlxTensorName Of(string[] path, MlxFactor factor, MlxFactorForm form) => new(string.Join('.', path), factor, form);

    private static bool IsIndex(string segment) => int.TryParse(segment, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
