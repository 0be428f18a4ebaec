using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Tensors.Support;

/// <summary>
/// A binary floating-point format by its definition: values computed from the fields of a pattern, rounding by search among all patterns.
/// Shares nothing with the conversions under test.
/// </summary>
internal sealed record PlainFloat(DType Type, int ExponentBits, int FractionBits)
{
    public static readonly PlainFloat Half = new(DType.F16, 5, 10);

    public static readonly PlainFloat BFloat = new(DType.BF16, 8, 7);

    public static readonly PlainFloat Single = new(DType.F32, 8, 23);

    private double[]? _table;

    public uint Infinity => ((1u << ExponentBits) - 1) << FractionBits;

    public uint Sign => 1u << (ExponentBits + FractionBits);

    private int Bias => (1 << (ExponentBits - 1)) - 1;

    public bool IsNaN(uint pattern) => (pattern & ~Sign) > Infinity;

    public double Value(uint pattern)
    {
        uint magnitude = pattern & ~Sign;
        double value = IsNaN(pattern) ? double.NaN : magnitude == Infinity ? double.PositiveInfinity : FiniteValue(magnitude);
        return (pattern & Sign) != 0 ? -value : value;
    }

    /// <summary>The pattern nearest to a value, ties to the even pattern. Infinity counts as what would follow the largest finite number.</summary>
    public uint Round(double value)
    {
        uint sign = double.IsNegative(value) ? Sign : 0;
        double magnitude = Math.Abs(value);
        (uint low, uint high) = (0, Infinity);
        while (high - low > 1)
        {
            uint middle = (low + high) / 2;
            (low, high) = FiniteValue(middle) <= magnitude ? (middle, high) : (low, middle);
        }

        double tie = Tie(low);
        uint nearest = magnitude < tie ? low : magnitude > tie ? high : low % 2 == 0 ? low : high;
        return sign | nearest;
    }

    /// <summary>Halfway from a finite magnitude to the next; exact, since it needs one bit more.</summary>
    public double Tie(uint magnitude) => (FiniteValue(magnitude) + FiniteValue(magnitude + 1)) / 2;

    private double FiniteValue(uint magnitude)
    {
        if (FractionBits > 10)
        {
            return Computed(magnitude);
        }

        _table ??= [.. Enumerable.Range(0, (int)Infinity + 1).Select(pattern => Computed((uint)pattern))];
        return _table[magnitude];
    }

    private double Computed(uint magnitude)
    {
        uint exponent = magnitude >> FractionBits;
        double fraction = (magnitude & ((1u << FractionBits) - 1)) / (double)(1u << FractionBits);
        return exponent == 0
            ? fraction * Math.Pow(2, 1 - Bias)
            : (1 + fraction) * Math.Pow(2, (int)exponent - Bias);
    }
}
