using System.Globalization;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Conversion.Readers.Mlx;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Readers.MlxLm;

/// <summary>
/// Where mlx-lm 0.32.0's DoRA layers mistake the width of a packed weight (<c>tuner/dora.py</c>): <c>DoRALinear.from_base</c> multiplies the packed columns by
/// <c>32 // bits</c>, which is wrong for 3, 5 and 6 bits, and <c>DoRAEmbedding.from_base</c> takes them as they are.
/// </summary>
internal static class QuantizedDora
{
    /// <summary>The factor whose shape can never fit, and the shape that the wrapper has; <see langword="null"/> where the wrapper is right.</summary>
    /// <param name="config">The base's configuration; its <c>quantization</c> tells the bits.</param>
    /// <param name="pair">The module's tensors.</param>
    /// <param name="place">The module.</param>
    /// <param name="rank">The wrappers' rank.</param>
    public static (string Name, LazyTensor Tensor, string Live)? Misfit(BaseConfig? config, MlxPair pair, ModelSlot place, long rank)
    {
        if (config?.Quantization?.For(pair.Path)?.Bits is not (> 0 and <= 32 and { } bits))
        {
            return null;
        }

        return place.Kind switch
        {
            TargetKind.Linear when 32 % bits != 0 && pair.A is { } a => ("lora_a", a, $"({Text(place.Inputs * bits / 32 * (32 / bits))}, {rank})"),
            TargetKind.Embedding when pair.B is { } b => ("lora_b", b, $"({rank}, {Text(place.Outputs * bits / 32)})"),
            _ => null,
        };
    }

    private static string Text(long? extent) => extent?.ToString(CultureInfo.InvariantCulture) ?? "?";
}
