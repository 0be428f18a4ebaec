using Transfuse.Apply.Quantization;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Backends;

/// <summary>A matrix or a stack of matrices as a model's files hold it. Nothing is read until a backend asks.</summary>
/// <seealso cref="Transfuse.Apply.Backends.ITensorBackend" />
public sealed class WeightSource
{
    /// <summary>A weight stored as floats.</summary>
    /// <param name="name">The parameter's name, for messages.</param>
    /// <param name="values">(out, in) or (E, out, in); float16, bfloat16, float32 or float64.</param>
    /// <exception cref="ArgumentException">Another shape or dtype.</exception>
    public WeightSource(string name, LazyTensor values)
        : this(values, name, null, null, null)
    {
        if (!values.DType.IsFactorFloat())
        {
            throw new ArgumentException($"{name} is {values.DType}, which is not a float that weights are stored in.", nameof(values));
        }
    }

    /// <summary>A weight in one of MLX's quantized forms.</summary>
    /// <param name="name">The parameter's name, for messages.</param>
    /// <param name="packed">U32 (out, in * bits / 32) or (E, out, ...).</param>
    /// <param name="scales">One for each group of a row: float for affine, U8 for the others.</param>
    /// <param name="biases">Like <paramref name="scales"/>; only for affine.</param>
    /// <param name="form">Group size, bits and mode.</param>
    /// <exception cref="ArgumentException">The shapes do not fit the form.</exception>
    public WeightSource(string name, LazyTensor packed, LazyTensor scales, LazyTensor? biases, QuantizationForm form)
        : this(packed, name, form, scales, biases)
    {
        int groups = Columns / form.GroupSize;
        bool fits = Columns * (long)form.Bits % 32 == 0 && groups * form.GroupSize == Columns && FitsGroups(packed, scales, groups)
            && (form.HasBiases ? biases is not null && FitsGroups(packed, biases, groups) && biases.DType.IsFactorFloat() && scales.DType.IsFactorFloat()
                : biases is null && scales.DType == DType.U8);
        if (packed.DType != DType.U32 || !fits)
        {
            throw new ArgumentException(
                $"{name} is {packed.DType} {packed.Shape} with scales {scales.DType} "
                + $"{scales.Shape}{(biases is null ? "" : $" and biases {biases.DType} {biases.Shape}")}, "
                + $"which is not {form}.",
                nameof(packed));
        }
    }

    private WeightSource(LazyTensor values, string name, QuantizationForm? form, LazyTensor? scales, LazyTensor? biases)
    {
        if (values.Shape.Rank is not (2 or 3) || values.Shape.Dimensions.Any(extent => extent is < 1 or > int.MaxValue))
        {
            throw new ArgumentException($"{name} has shape {values.Shape}; a weight is (out, in) or (experts, out, in).", nameof(values));
        }

        Name = name;
        Values = values;
        Form = form;
        Scales = scales;
        Biases = biases;
        Experts = values.Shape.Rank == 3 ? (int)values.Shape[0] : 1;
        Rows = (int)values.Shape[^2];
        Columns = form is null ? (int)values.Shape[^1] : checked((int)(values.Shape[^1] * 32 / form.Bits));
    }

    /// <summary>The parameter's name.</summary>
    public string Name { get; }

    /// <summary>Floats, or packed integers where <see cref="Form"/> is not null.</summary>
    public LazyTensor Values { get; }

    /// <summary>How the integers are packed, or <see langword="null"/> for floats.</summary>
    public QuantizationForm? Form { get; }

    /// <summary>Scales of the groups, or <see langword="null"/>.</summary>
    public LazyTensor? Scales { get; }

    /// <summary>Biases of the groups, or <see langword="null"/>.</summary>
    public LazyTensor? Biases { get; }

    /// <summary>Number of stacked matrices; 1 where it is a single one.</summary>
    public int Experts { get; }

    /// <summary>Whether it is a stack, even of one.</summary>
    public bool IsStack => Values.Shape.Rank == 3;

    /// <summary>Rows of each matrix.</summary>
    public int Rows { get; }

    /// <summary>Columns of each matrix, counted unpacked.</summary>
    public int Columns { get; }

    private static bool FitsGroups(LazyTensor packed, LazyTensor groups, int count) =>
        groups.Shape == new TensorShape([.. packed.Shape.Dimensions.AsSpan()[..^1], count]);
}
