using Transfuse.Apply.Backends.Managed;
using Transfuse.Apply.Backends.Mlx.Native;

namespace Transfuse.Apply.Backends.Mlx;

/// <content>Operations along an axis.</content>
internal sealed unsafe partial class MlxOperations
{
    public MlxArray Sum(BackendArray a, int axis)
    {
        MlxArray x = Filled(a, ref axis);
        ArrayHandle result = default;
        return Made(OpsFunctions.SumAxis(&result, x.Handle, axis, 1, _stream), result, "sum");
    }

    public MlxArray Max(BackendArray a, int axis)
    {
        MlxArray x = Filled(a, ref axis);
        ArrayHandle result = default;
        return Made(OpsFunctions.MaxAxis(&result, x.Handle, axis, 1, _stream), result, "max");
    }

    public MlxArray Softmax(BackendArray a)
    {
        ArrayHandle result = default;
        return Made(OpsFunctions.SoftmaxAxis(&result, Float(a).Handle, -1, 1, _stream), result, "softmax");
    }

    // MLX's topk has no order; its sort keeps equal elements in theirs.
    public MlxArray TopK(BackendArray a, int k)
    {
        if (k < 1 || k > a[^1])
        {
            throw new ArgumentException($"There are no {k} largest in {a}.", nameof(k));
        }

        ArrayHandle result = default;
        MlxArray order = Made(OpsFunctions.ArgsortAxis(&result, One(OpsFunctions.Negative, Float(a), "negative").Handle, -1, _stream), result, "argsort");
        return Slice(Cast(order, MlxDType.Int32), -1, 0, k, 1);
    }

    public MlxArray RmsNorm(BackendArray x, BackendArray? weight, float epsilon)
    {
        MlxArray input = Float(x);
        MlxArray? scale = Row(input, weight);
        ArrayHandle result = default;
        return Made(FastFunctions.RmsNorm(&result, input.Handle, Optional(scale), epsilon, _stream), result, "rms_norm");
    }

    public MlxArray LayerNorm(BackendArray x, BackendArray? weight, BackendArray? bias, float epsilon)
    {
        MlxArray input = Float(x);
        MlxArray? scale = Row(input, weight), shift = Row(input, bias);
        ArrayHandle result = default;
        return Made(FastFunctions.LayerNorm(&result, input.Handle, Optional(scale), Optional(shift), epsilon, _stream), result, "layer_norm");
    }

    private static MlxArray Filled(BackendArray a, ref int axis)
    {
        axis = Shapes.Axis(a, axis);
        return a[axis] > 0 ? Float(a) : throw new ArgumentException($"Axis {axis} of {a} is empty.", nameof(axis));
    }

    private MlxArray? Row(MlxArray x, BackendArray? weight)
    {
        if (weight is null)
        {
            return null;
        }

        return weight.Rank == 1 && weight[0] == x[^1] ? Cast(Float(weight), x.DType)
            : throw new ArgumentException($"{weight} is no weight for the last axis of {x}.", nameof(weight));
    }
}
