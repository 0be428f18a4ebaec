namespace Transfuse.Oracle;

/// <summary>A row-major array of doubles.</summary>
public sealed class DenseArray
{
    public DenseArray(long[] shape, double[] values)
    {
        if (CountOf(shape) != values.Length)
        {
            throw new ArgumentException($"{values.Length} values do not fill [{string.Join(", ", shape)}]");
        }

        Shape = shape;
        Values = values;
    }

    public long[] Shape { get; }

    public double[] Values { get; }

    public int Rank => Shape.Length;

    public double this[long row, long column]
    {
        get => Values[(row * Shape[1]) + column];
        set => Values[(row * Shape[1]) + column] = value;
    }

    public double this[long expert, long row, long column]
    {
        get => Values[(((expert * Shape[1]) + row) * Shape[2]) + column];
        set => Values[(((expert * Shape[1]) + row) * Shape[2]) + column] = value;
    }

    public string ShapeText => "[" + string.Join(", ", Shape) + "]";

    public static DenseArray Zeros(params long[] shape) => new(shape, new double[CountOf(shape)]);

    public static long CountOf(long[] shape)
    {
        long count = 1;
        foreach (long dimension in shape)
        {
            count = checked(count * dimension);
        }

        return count;
    }

    public bool SameShape(DenseArray other) => Shape.AsSpan().SequenceEqual(other.Shape);
}
