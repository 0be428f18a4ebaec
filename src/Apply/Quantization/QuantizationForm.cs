using System.Collections.Immutable;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Quantization;

/// <summary>One of the forms that MLX has: a mode with the sizes that it allows (MLX 0.31.2, <c>ops.cpp:quantize</c>).</summary>
/// <seealso cref="Transfuse.Apply.Backends.ITensorBackend" />
public sealed record QuantizationForm
{
    private static readonly ImmutableArray<long> AffineBits = [2, 3, 4, 5, 6, 8];
    private static readonly ImmutableArray<long> AffineGroups = [32, 64, 128];

    private QuantizationForm(QuantizationMode mode, int groupSize, int bits)
    {
        Mode = mode;
        GroupSize = groupSize;
        Bits = bits;
    }

    /// <summary>Integers or a kind of float.</summary>
    public QuantizationMode Mode { get; }

    /// <summary>Number of elements that share a scale.</summary>
    public int GroupSize { get; }

    /// <summary>Bits of an element.</summary>
    public int Bits { get; }

    /// <summary>Whether groups have a bias, in the dtype of the scales.</summary>
    public bool HasBiases => Mode == QuantizationMode.Affine;

    /// <summary>Bytes of the elements of a group, always a multiple of 4.</summary>
    public int GroupBytes => GroupSize * Bits / 8;

    /// <summary>The mode as config.json names it.</summary>
    public string ModeName => Mode switch
    {
        QuantizationMode.MxFp4 => "mxfp4",
        QuantizationMode.MxFp8 => "mxfp8",
        QuantizationMode.NvFp4 => "nvfp4",
        _ => "affine",
    };

    /// <summary>The form that a config names, or <see langword="null"/> where MLX has none such.</summary>
    public static QuantizationForm? TryCreate(MlxQuantization quantization) => TryCreate(quantization.Mode, quantization.GroupSize, quantization.Bits);

    /// <summary>The form of a mode with a group size and bits, or <see langword="null"/> where MLX has none such.</summary>
    public static QuantizationForm? TryCreate(string mode, long groupSize, long bits) => (mode, groupSize, bits) switch
    {
        ("affine", _, _) when AffineGroups.Contains(groupSize) && AffineBits.Contains(bits) => new(QuantizationMode.Affine, (int)groupSize, (int)bits),
        ("mxfp4", 32, 4) => new(QuantizationMode.MxFp4, 32, 4),
        ("mxfp8", 32, 8) => new(QuantizationMode.MxFp8, 32, 8),
        ("nvfp4", 16, 4) => new(QuantizationMode.NvFp4, 16, 4),
        _ => null,
    };

    /// <summary>Bytes of one group's scale, and of its bias where it has one.</summary>
    /// <param name="dtype">The dtype of an affine form's scales; the float forms have scales of one byte.</param>
    public int ScaleBytes(DType dtype) => HasBiases ? dtype.BitSize() / 8 : 1;

    /// <inheritdoc />
    public override string ToString() => HasBiases ? $"{Bits} bits in groups of {GroupSize}" : ModeName;
}
