using System.Runtime.InteropServices;
using Transfuse.Formats.Tensors.Buffers;
using Transfuse.Formats.Tensors.Kernels;

namespace Transfuse.Formats.Tensors.Probes;

/// <summary>Shows the values of a tensor to a visitor: float64 as they are, the other types as float32, which holds them exactly.</summary>
internal static class ValueStream
{
    private const int BlockElements = 1024;

    /// <summary>Streams all values, in order, until the visitor has seen enough.</summary>
    /// <exception cref="ArgumentException">Elements are not float16, bfloat16, float32 or float64.</exception>
    public static void Run<TVisitor>(LazyTensor tensor, ref TVisitor visitor, CancellationToken cancellationToken)
        where TVisitor : struct, IValueVisitor
    {
        tensor.RequireFactorFloat();
        using var chunks = new TensorChunks(tensor, cancellationToken);
        bool more = true;
        while (more && chunks.MoveNext())
        {
            more = tensor.DType switch
            {
                DType.F64 => visitor.Visit<double>(MemoryMarshal.Cast<byte, double>(chunks.Current)),
                DType.F32 => visitor.Visit<float>(MemoryMarshal.Cast<byte, float>(chunks.Current)),
                _ => VisitHalves(tensor.DType, chunks.Current, ref visitor),
            };
        }
    }

    private static bool VisitHalves<TVisitor>(DType dtype, ReadOnlySpan<byte> halves, ref TVisitor visitor)
        where TVisitor : struct, IValueVisitor
    {
        Span<float> block = stackalloc float[BlockElements];
        bool more = true;
        while (more && !halves.IsEmpty)
        {
            Span<float> singles = block[..Math.Min(BlockElements, halves.Length / sizeof(ushort))];
            int bytes = singles.Length * sizeof(ushort);
            FloatConversion.Run(dtype, halves[..bytes], DType.F32, MemoryMarshal.AsBytes(singles));
            more = visitor.Visit<float>(singles);
            halves = halves[bytes..];
        }

        return more;
    }
}
