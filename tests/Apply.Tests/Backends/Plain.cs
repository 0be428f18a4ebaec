namespace Transfuse.Apply.Tests.Backends;

/// <summary>Numbers in double with a shape: what operations of a backend are compared with. Nothing is shared with any backend.</summary>
/// <param name="Values">Row-major.</param>
/// <param name="Shape">The extents.</param>
public sealed record Plain(double[] Values, int[] Shape)
{
    /// <summary>Even numbers between two limits, rounded to float32.</summary>
    public static Plain Random(int seed, double lowest, double highest, params int[] shape)
    {
        var random = new Random(seed);
        return Of(shape, _ => (float)(lowest + (random.NextDouble() * (highest - lowest))));
    }

    public static Plain Random(int seed, params int[] shape) => Random(seed, -1, 1, shape);

    /// <summary>A value for each index.</summary>
    public static Plain Of(int[] shape, Func<int[], double> value)
    {
        double[] values = new double[shape.Aggregate(1, (count, extent) => count * extent)];
        int[] index = new int[shape.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = value(index);
            for (int axis = shape.Length - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--)
            {
                index[axis] = 0;
            }
        }

        return new Plain(values, shape);
    }

    /// <summary>An element; axes in front that are not given are those of the index, extents of 1 stretch.</summary>
    public double At(params ReadOnlySpan<int> index)
    {
        int at = 0, skip = index.Length - Shape.Length;
        for (int axis = 0; axis < Shape.Length; axis++)
        {
            at = (at * Shape[axis]) + (Shape[axis] == 1 ? 0 : index[skip + axis]);
        }

        return Values[at];
    }

    public float[] Singles() => [.. Values.Select(value => (float)value)];

    public Plain Map(Func<double, double> function) => new([.. Values.Select(function)], Shape);

    /// <summary>The last axis of each row as a new row.</summary>
    public Plain Rows(Func<double[], double[]> function)
    {
        double[][] rows = [.. Values.Chunk(Shape[^1]).Select(function)];
        return new Plain([.. rows.SelectMany(row => row)], [.. Shape[..^1], rows[0].Length]);
    }
}
