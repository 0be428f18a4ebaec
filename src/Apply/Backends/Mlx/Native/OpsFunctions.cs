using System.Runtime.InteropServices;

namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>mlx/c/ops.h: operations, which build a graph.</summary>
internal static unsafe partial class OpsFunctions
{
    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_add")]
    public static partial int Add(ArrayHandle* result, ArrayHandle a, ArrayHandle b, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_addmm")]
    public static partial int Addmm(ArrayHandle* result, ArrayHandle c, ArrayHandle a, ArrayHandle b, float alpha, float beta, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_argsort_axis")]
    public static partial int ArgsortAxis(ArrayHandle* result, ArrayHandle a, int axis, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_astype")]
    public static partial int Astype(ArrayHandle* result, ArrayHandle a, MlxDType dtype, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_broadcast_to")]
    public static partial int BroadcastTo(ArrayHandle* result, ArrayHandle a, int* shape, nuint shapeNum, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_clip")]
    public static partial int Clip(ArrayHandle* result, ArrayHandle a, ArrayHandle aMin, ArrayHandle aMax, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_concatenate_axis")]
    public static partial int ConcatenateAxis(ArrayHandle* result, VectorHandle arrays, int axis, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_contiguous")]
    public static partial int Contiguous(ArrayHandle* result, ArrayHandle a, byte allowColMajor, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_conv1d")]
    public static partial int Conv1d(
        ArrayHandle* result, ArrayHandle input, ArrayHandle weight, int stride, int padding, int dilation, int groups, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_dequantize")]
    public static partial int Dequantize(
        ArrayHandle* result, ArrayHandle w, ArrayHandle scales, ArrayHandle biases, OptionalInteger groupSize, OptionalInteger bits, byte* mode,
        ArrayHandle globalScale, OptionalInteger dtype, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_divide")]
    public static partial int Divide(ArrayHandle* result, ArrayHandle a, ArrayHandle b, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_erf")]
    public static partial int Erf(ArrayHandle* result, ArrayHandle a, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_exp")]
    public static partial int Exp(ArrayHandle* result, ArrayHandle a, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_expm1")]
    public static partial int Expm1(ArrayHandle* result, ArrayHandle a, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_floor")]
    public static partial int Floor(ArrayHandle* result, ArrayHandle a, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_gather_mm")]
    public static partial int GatherMm(
        ArrayHandle* result, ArrayHandle a, ArrayHandle b, ArrayHandle lhsIndices, ArrayHandle rhsIndices, byte sortedIndices, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_gather_qmm")]
    public static partial int GatherQmm(
        ArrayHandle* result, ArrayHandle x, ArrayHandle w, ArrayHandle scales, ArrayHandle biases, ArrayHandle lhsIndices, ArrayHandle rhsIndices,
        byte transpose, OptionalInteger groupSize, OptionalInteger bits, byte* mode, byte sortedIndices, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_greater")]
    public static partial int Greater(ArrayHandle* result, ArrayHandle a, ArrayHandle b, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_log")]
    public static partial int Log(ArrayHandle* result, ArrayHandle a, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_logaddexp")]
    public static partial int Logaddexp(ArrayHandle* result, ArrayHandle a, ArrayHandle b, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_matmul")]
    public static partial int Matmul(ArrayHandle* result, ArrayHandle a, ArrayHandle b, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_max_axis")]
    public static partial int MaxAxis(ArrayHandle* result, ArrayHandle a, int axis, byte keepdims, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_maximum")]
    public static partial int Maximum(ArrayHandle* result, ArrayHandle a, ArrayHandle b, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_minimum")]
    public static partial int Minimum(ArrayHandle* result, ArrayHandle a, ArrayHandle b, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_multiply")]
    public static partial int Multiply(ArrayHandle* result, ArrayHandle a, ArrayHandle b, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_negative")]
    public static partial int Negative(ArrayHandle* result, ArrayHandle a, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_power")]
    public static partial int Power(ArrayHandle* result, ArrayHandle a, ArrayHandle b, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_quantized_matmul")]
    public static partial int QuantizedMatmul(
        ArrayHandle* result, ArrayHandle x, ArrayHandle w, ArrayHandle scales, ArrayHandle biases, byte transpose, OptionalInteger groupSize,
        OptionalInteger bits, byte* mode, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_repeat_axis")]
    public static partial int RepeatAxis(ArrayHandle* result, ArrayHandle a, int repeats, int axis, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_reshape")]
    public static partial int Reshape(ArrayHandle* result, ArrayHandle a, int* shape, nuint shapeNum, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_round")]
    public static partial int Round(ArrayHandle* result, ArrayHandle a, int decimals, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_sigmoid")]
    public static partial int Sigmoid(ArrayHandle* result, ArrayHandle a, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_slice")]
    public static partial int Slice(
        ArrayHandle* result, ArrayHandle a, int* start, nuint startNum, int* stop, nuint stopNum, int* strides, nuint stridesNum, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_softmax_axis")]
    public static partial int SoftmaxAxis(ArrayHandle* result, ArrayHandle a, int axis, byte precise, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_sqrt")]
    public static partial int Sqrt(ArrayHandle* result, ArrayHandle a, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_square")]
    public static partial int Square(ArrayHandle* result, ArrayHandle a, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_subtract")]
    public static partial int Subtract(ArrayHandle* result, ArrayHandle a, ArrayHandle b, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_sum_axis")]
    public static partial int SumAxis(ArrayHandle* result, ArrayHandle a, int axis, byte keepdims, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_swapaxes")]
    public static partial int Swapaxes(ArrayHandle* result, ArrayHandle a, int axis1, int axis2, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_take_along_axis")]
    public static partial int TakeAlongAxis(ArrayHandle* result, ArrayHandle a, ArrayHandle indices, int axis, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_take_axis")]
    public static partial int TakeAxis(ArrayHandle* result, ArrayHandle a, ArrayHandle indices, int axis, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_tanh")]
    public static partial int Tanh(ArrayHandle* result, ArrayHandle a, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_transpose_axes")]
    public static partial int TransposeAxes(ArrayHandle* result, ArrayHandle a, int* axes, nuint axesNum, StreamHandle stream);

    [LibraryImport(LibraryName.Mlx, EntryPoint = "mlx_where")]
    public static partial int Where(ArrayHandle* result, ArrayHandle condition, ArrayHandle x, ArrayHandle y, StreamHandle stream);
}
