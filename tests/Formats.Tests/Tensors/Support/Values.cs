using System.Runtime.InteropServices;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Tensors.Support;

/// <summary>Makes tensors of numbers, and numbers of bytes, without the code under test.</summary>
internal static class Values
{
    public static MemoryTensor Of(params double[] values) => new(DType.F64, new TensorShape(values.Length), MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    public static MemoryTensor Of(params float[] values) => new(DType.F32, new TensorShape(values.Length), MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    public static MemoryTensor Of(PlainFloat format, params ushort[] patterns) =>
        new(format.Type, new TensorShape(patterns.Length), MemoryMarshal.AsBytes(patterns.AsSpan()).ToArray());

    /// <summary>Values in a type, each rounded by the plain definition.</summary>
    public static MemoryTensor Rounded(DType type, TensorShape shape, params double[] values) => type switch
    {
        DType.F64 => new MemoryTensor(type, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray()),
        DType.F32 => new MemoryTensor(type, shape, Patterns(values, value => (float)value)),
        DType.F16 => new MemoryTensor(type, shape, Patterns(values, value => (ushort)PlainFloat.Half.Round(value))),
        _ => new MemoryTensor(type, shape, Patterns(values, value => (ushort)PlainFloat.BFloat.Round(value))),
    };

    public static T[] As<T>(byte[] bytes)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(bytes).ToArray();

    /// <summary>The elements of any of the four types, by the plain definition.</summary>
    public static double[] Plain(LazyTensor tensor)
    {
        byte[] bytes = TensorBytes.Read(tensor);
        return tensor.DType switch
        {
            DType.F64 => As<double>(bytes),
            DType.F32 => [.. As<float>(bytes).Select(value => (double)value)],
            DType.F16 => [.. As<ushort>(bytes).Select(pattern => PlainFloat.Half.Value(pattern))],
            _ => [.. As<ushort>(bytes).Select(pattern => PlainFloat.BFloat.Value(pattern))],
        };
    }

    private static byte[] Patterns<T>(double[] values, Func<double, T> round)
        where T : unmanaged
    {
        T[] patterns = [.. values.Select(round)];
        return MemoryMarshal.AsBytes(patterns.AsSpan()).ToArray();
    }
}
