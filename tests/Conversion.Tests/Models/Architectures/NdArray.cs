using Transfuse.Conversion.Models.Steps;

namespace Transfuse.Conversion.Tests.Models.Architectures;

/// <summary>A dense array of doubles, row-major, with plain loops for what weight steps ask.</summary>
internal sealed class NdArray(long[] shape, double[] data)
{
    public long[] Shape { get; } = shape;

    public double[] Data { get; } = data;

    public static NdArray Random(Random random, params long[] shape) =>
        new(shape, [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => (double)random.Next(-4, 5))]);

    public static NdArray Zeros(params long[] shape) => new(shape, new double[shape.Aggregate(1L, (a, b) => a * b)]);

    public double At(params long[] index)
    {
        long position = 0;
        for (int i = 0; i < Shape.Length; i++)
        {
            Assert.InRange(index[i], 0, Shape[i] - 1);
            position = position * Shape[i] + index[i];
        }

        return Data[position];
    }

    /// <summary>A matrix product of (m, k) and (k, n).</summary>
    public NdArray Times(NdArray other) =>
        From([Shape[0], other.Shape[1]], index =>
        {
            double sum = 0;
            for (long k = 0; k < Shape[1]; k++)
            {
                sum += At(index[0], k) * other.At(k, index[1]);
            }

            return sum;
        });

    /// <summary>Swaps the last two axes.</summary>
    public NdArray Transpose() =>
        From([.. Shape[..^2], Shape[^1], Shape[^2]], index => At([.. index[..^2], index[^1], index[^2]]));

    /// <summary>Selects along an axis.</summary>
    public NdArray Select(int axis, RowSelection rows)
    {
        long[] shape = [.. Shape];
        shape[axis] = rows.CountIn(Shape[axis]);
        return From(shape, index =>
        {
            long[] source = [.. index];
            source[axis] = rows.Row(index[axis], Shape[axis]);
            return At(source);
        });
    }

    /// <summary>Multiplies rows (first of two axes) by factors.</summary>
    public NdArray Scale(IReadOnlyList<RowScale> scales)
    {
        double[] factors = new double[Shape[0]];
        long row = 0;
        foreach (RowScale scale in scales)
        {
            for (long i = 0; i < (scale.Rows ?? Shape[0]); i++)
            {
                factors[row++] = scale.Factor;
            }
        }

        Assert.Equal(Shape[0], row);
        return From(Shape, index => At(index) * factors[index[0]]);
    }

    /// <summary>Element e along the first axis.</summary>
    public NdArray Element(long e) => From(Shape[1..], index => At([e, .. index]));

    /// <summary>Arrays of one shape along a new first axis.</summary>
    public static NdArray Stack(IReadOnlyList<NdArray> parts) =>
        From([parts.Count, .. parts[0].Shape], index => parts[(int)index[0]].At(index[1..]));

    /// <summary>Applies a step that needs no other tensor.</summary>
    public NdArray Apply(ModuleStep step, bool isWeight) => step switch
    {
        ModuleStep.Transpose or ModuleStep.Pack { Layout: PackedLayout.InOut } => Transpose(),
        ModuleStep.Pack => this,
        ModuleStep.SelectRows select => Select(isWeight ? Shape.Length - 2 : Shape.Length - 1, select.Rows),
        ModuleStep.ScaleRows scale => Scale(scale.Scale),
        ModuleStep.SplitHeads split => Split(split),
        _ => throw new InvalidOperationException($"{step} needs other tensors."),
    };

    public static NdArray From(long[] shape, Func<long[], double> value)
    {
        NdArray result = Zeros(shape);
        long[] index = new long[shape.Length];
        for (long i = 0; i < result.Data.Length; i++)
        {
            long rest = i;
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                index[axis] = rest % shape[axis];
                rest /= shape[axis];
            }

            result.Data[i] = value(index);
        }

        return result;
    }

    private NdArray Split(ModuleStep.SplitHeads split)
    {
        long rows = split.First + split.Second;
        Assert.Equal(split.Heads * rows, Shape[0]);
        return split.TakesFirst
            ? From([split.Heads, Shape[1], split.First], index => At(index[0] * rows + index[2], index[1]))
            : From([split.Heads, split.Second, Shape[1]], index => At(index[0] * rows + split.First + index[1], index[2]));
    }
}
