using Transfuse.Apply.Backends.Mlx.Native;
using Transfuse.Apply.Quantization;

namespace Transfuse.Apply.Backends.Mlx;

/// <content>Products with arrays and with weights.</content>
internal sealed unsafe partial class MlxOperations
{
    public MlxArray MatMul(BackendArray a, BackendArray b)
    {
        if (a.Rank < 2 || b.Rank < 2 || a[^1] != b[^2])
        {
            throw new ArgumentException($"{a} cannot be multiplied with {b}.", nameof(b));
        }

        (MlxArray left, MlxArray right) = Alike(Float(a), Float(b));
        return Product(left, right);
    }

    public MlxArray Linear(BackendArray x, BackendWeight weight, BackendArray? bias)
    {
        MlxWeight w = Columns(weight, x);
        MlxArray input = Float(x);
        if (bias is not null && (bias.Rank != 1 || bias[0] != w.Rows))
        {
            throw new ArgumentException($"{bias} is no bias for {w.Rows} outputs.", nameof(bias));
        }

        (MlxArray values, MlxArray? scales, MlxArray? biases) = w.Load(this);
        if (w.Source.Form is { } form)
        {
            MlxArray y = Quantized(input, values, scales!, biases, form);
            return bias is null ? y : Add(y, bias);
        }

        MlxArray matrix = Transposed(values);
        if (bias is null)
        {
            return Product(input, matrix);
        }

        // As mlx's nn.Linear: one operation that adds the bias while it multiplies.
        ArrayHandle result = default;
        return Made(OpsFunctions.Addmm(&result, Cast(Float(bias), input.DType).Handle, input.Handle, matrix.Handle, 1, 1, _stream), result, "addmm");
    }

    public MlxArray SwitchLinear(BackendArray x, BackendWeight weight, BackendArray? bias, BackendArray indices)
    {
        MlxWeight w = Columns(weight, x);
        MlxArray input = Float(x), experts = Integer(indices);
        if (x.Rank != 3
            || indices.Rank != 2
            || indices[0] != x[0]
            || (x[1] != 1 && x[1] != indices[1])
            || (bias is not null && (bias[0] != w.Experts || bias[1] != w.Rows)))
        {
            throw new ArgumentException($"{indices} does not choose experts for {x}.", nameof(indices));
        }

        RequireBelow(experts, w.Experts);
        (MlxArray values, MlxArray? scales, MlxArray? biases) = w.Load(this);
        MlxArray rows = Reshape(input, [x[0], x[1], 1, x[2]]);
        ArrayHandle result = default;
        MlxArray y;
        if (w.Source.Form is { } form)
        {
            (rows, scales, biases) = SameFloats(rows, scales!, biases, form);
            y = Made(
                OpsFunctions.GatherQmm(
                    &result, rows.Handle, values.Handle, scales.Handle, Optional(biases), default, experts.Handle, 1, form.GroupSize, form.Bits, Mode(form), 0,
                    _stream),
                result,
                "gather_qmm");
        }
        else
        {
            bool isWide = rows.DType == MlxDType.Float32 && values.DType == MlxDType.Float32;
            y = _gaps.GathersSinglesOnly && !isWide ? GatheredInSingles(rows, values, experts) : Gathered(rows, values, experts);
        }

        y = Reshape(y, [x[0], indices[1], w.Rows]);
        return bias is null ? y : Add(y, Rows(Float(bias), experts));
    }

    // Only the matrices that are chosen are widened, unless that is more than all.
    private MlxArray GatheredInSingles(MlxArray rows, MlxArray values, MlxArray experts)
    {
        MlxDType dtype = rows.DType == values.DType ? rows.DType : MlxDType.Float32;
        rows = Cast(rows, MlxDType.Float32);
        if (experts[0] * experts[1] < values[0])
        {
            return Cast(Product(rows, Transposed(Cast(Rows(values, experts), MlxDType.Float32))), dtype);
        }

        return Cast(Gathered(rows, Cast(values, MlxDType.Float32), experts), dtype);
    }

    private MlxArray Gathered(MlxArray rows, MlxArray values, MlxArray experts)
    {
        ArrayHandle result = default;
        return Made(OpsFunctions.GatherMm(&result, rows.Handle, Transposed(values).Handle, default, experts.Handle, 0, _stream), result, "gather_mm");
    }

    public MlxArray StackLinear(BackendArray x, BackendWeight weight)
    {
        MlxWeight w = Columns(weight, x);
        return x.Rank == 4 && (x[1] == 1 || x[1] == w.Experts) ? Product(Float(x), Transposed(Floats(w)))
            : throw new ArgumentException($"{x} does not go with {w.Experts} matrices.", nameof(x));
    }

    public MlxArray Embed(BackendWeight weight, BackendArray ids)
    {
        MlxWeight w = Opened(weight);
        MlxArray index = Integer(ids);
        RequireBelow(index, w.Rows);
        (MlxArray values, MlxArray? scales, MlxArray? biases) = w.Load(this);
        return w.Source.Form is { } form
            ? Dequantized(Rows(values, index), Rows(scales!, index), biases is null ? null : Rows(biases, index), form)
            : Rows(values, index);
    }

    public MlxArray RowNorms(BackendWeight weight, BackendArray? left, BackendArray? right, float scale)
    {
        MlxWeight w = Opened(weight);
        if (left is not null && (right is null || left[0] != w.Rows || right[1] != w.Columns || left[1] != right[0]))
        {
            throw new ArgumentException($"{left} and {right} are no factors of ({w.Rows}, {w.Columns}).", nameof(left));
        }

        MlxArray rows = Cast(Floats(w), MlxDType.Float32);
        if (left is not null)
        {
            rows = Add(rows, Product(Affine(Cast(Float(left), MlxDType.Float32), scale, 0), Cast(Float(right!), MlxDType.Float32)));
        }

        MlxArray squares = Sum(One(OpsFunctions.Square, rows, "square"), -1);
        return Reshape(One(OpsFunctions.Sqrt, squares, "sqrt"), [w.Rows]);
    }

    private static MlxWeight Opened(BackendWeight weight) => weight as MlxWeight
        ?? throw new ArgumentException($"{weight.Source.Name} is not a weight of this backend.", nameof(weight));

    private static MlxWeight Columns(BackendWeight weight, BackendArray x) => Opened(weight) is var own && x.Rank > 0 && own.Columns == x[^1] ? own
        : throw new ArgumentException($"{x} cannot be multiplied with {weight.Source.Name}, which has {weight.Columns} columns.", nameof(x));

    private static byte* Mode(QuantizationForm form) => Text.Of(form.Mode switch
    {
        QuantizationMode.MxFp4 => "mxfp4"u8,
        QuantizationMode.MxFp8 => "mxfp8"u8,
        QuantizationMode.NvFp4 => "nvfp4"u8,
        _ => "affine"u8,
    });

    private MlxArray Product(MlxArray a, MlxArray b)
    {
        ArrayHandle result = default;
        return Made(OpsFunctions.Matmul(&result, a.Handle, b.Handle, _stream), result, "matmul");
    }

    private MlxArray Quantized(MlxArray x, MlxArray values, MlxArray scales, MlxArray? biases, QuantizationForm form)
    {
        (x, scales, biases) = SameFloats(x, scales, biases, form);
        if (_gaps.NoRowsOfOneGroup && form.HasBiases && x[^1] == form.GroupSize)
        {
            return Product(x, Transposed(Dequantized(values, scales, biases, form)));
        }

        ArrayHandle result = default;
        return Made(
            OpsFunctions.QuantizedMatmul(&result, x.Handle, values.Handle, scales.Handle, Optional(biases), 1, form.GroupSize, form.Bits, Mode(form), _stream),
            result,
            "quantized_matmul");
    }

    // MLX would cast by itself where dtypes differ, but on the thread's default stream (0.31.2, ops.cpp:quantized_matmul).
    private (MlxArray X, MlxArray Scales, MlxArray? Biases) SameFloats(MlxArray x, MlxArray scales, MlxArray? biases, QuantizationForm form)
    {
        if (!form.HasBiases || (x.DType == scales.DType && x.DType == biases!.DType))
        {
            return (x, scales, biases);
        }

        return (Cast(x, MlxDType.Float32), Cast(scales, MlxDType.Float32), Cast(biases!, MlxDType.Float32));
    }

    private MlxArray Floats(MlxWeight weight)
    {
        (MlxArray values, MlxArray? scales, MlxArray? biases) = weight.Load(this);
        return weight.Source.Form is { } form ? Dequantized(values, scales!, biases, form) : values;
    }

    private MlxArray Dequantized(MlxArray values, MlxArray scales, MlxArray? biases, QuantizationForm form)
    {
        // The float modes know no dtype of their own: mlx-lm takes bfloat16.
        MlxDType dtype = form.HasBiases ? scales.DType : _compute == MlxCompute.Float32 ? MlxDType.Float32 : MlxDType.BFloat16;
        ArrayHandle result = default;
        return Made(
            OpsFunctions.Dequantize(
                &result, values.Handle, scales.Handle, Optional(biases), form.GroupSize, form.Bits, Mode(form), default, (int)dtype, _stream),
            result,
            "dequantize");
    }
}
