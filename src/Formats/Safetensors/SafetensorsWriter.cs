using System.Buffers;
using Transfuse.Formats.Files;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.Work;

namespace Transfuse.Formats.Safetensors;

/// <summary>
/// Writes safetensors files with the bytes that the reference implementation (crate safetensors 0.8) writes:
/// metadata first, tensors by element type, descending, then by name, without gaps, the header padded to 8 bytes.
/// Metadata keys, whose order the reference implementation leaves open, are sorted.
/// </summary>
/// <example>
/// <code>
/// using var folder = new MemoryAdapterSink();
/// folder.Begin(new AdapterInputs());
/// using (IByteSink file = folder.Create("adapters.safetensors", permissions: null))
/// {
///     SafetensorsWriter.Write(file, parameters, new Dictionary&lt;string, string&gt; { ["format"] = "mlx" });
/// }
/// </code>
/// </example>
public static class SafetensorsWriter
{
    private const int ChunkLength = 1 << 20;

    /// <summary>Writes a file. Everything is checked before the first byte is written; the header is written before the first tensor is read.</summary>
    /// <param name="sink">An empty file. It is not disposed.</param>
    /// <param name="tensors">The tensors, in any order. The format has no sharing: a tensor under two names is written twice.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>; <see langword="null"/> for none.</param>
    /// <param name="options">How to write; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends the work with <see cref="OperationCanceledException"/>; the file is then incomplete.</param>
    /// <exception cref="SafetensorsException">The tensors cannot be written by the format's rules. Nothing was written.</exception>
    /// <exception cref="IOException">The operating system failed; the file is incomplete.</exception>
    public static void Write(
        IByteSink sink,
        IReadOnlyList<NamedTensor> tensors,
        IReadOnlyDictionary<string, string>? metadata,
        SafetensorsWriterOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sink);
        ArgumentNullException.ThrowIfNull(tensors);
        options ??= new SafetensorsWriterOptions();
        var layout = new FileLayout(tensors, metadata, options.FileName);
        List<WriteUnit> units = WriteUnit.Plan(layout.Tensors, layout.Prefix.Length, ChunkLength);
        cancellationToken.ThrowIfCancellationRequested();

        sink.SetLength(layout.TotalLength);
        sink.Write(0, layout.Prefix);
        ParallelWork.Run(
            units.Count,
            options.MaxDegreeOfParallelism,
            index => WriteData(sink, layout.Tensors, units[index], cancellationToken),
            cancellationToken);
    }

    private static void WriteData(IByteSink sink, List<NamedTensor> tensors, WriteUnit unit, CancellationToken cancellationToken)
    {
        bool streamed = unit.Length > ChunkLength && tensors[unit.First].Tensor.SupportsRanges;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(streamed ? ChunkLength : (int)unit.Length);
        try
        {
            if (streamed)
            {
                Stream(sink, tensors[unit.First].Tensor, unit.Position, buffer.AsSpan(0, ChunkLength), cancellationToken);
            }
            else
            {
                Gather(sink, tensors, unit, buffer.AsSpan(0, (int)unit.Length), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Stream(IByteSink sink, LazyTensor tensor, long position, Span<byte> buffer, CancellationToken cancellationToken)
    {
        for (long offset = 0; offset < tensor.ByteLength; offset += buffer.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Span<byte> chunk = buffer[..(int)Math.Min(buffer.Length, tensor.ByteLength - offset)];
            tensor.ReadRange(offset, chunk, cancellationToken);
            sink.Write(position + offset, chunk);
        }
    }

    private static void Gather(
        IByteSink sink, List<NamedTensor> tensors, WriteUnit unit, Span<byte> buffer, CancellationToken cancellationToken)
    {
        int end = 0;
        for (int index = unit.First; index < unit.First + unit.Count; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            LazyTensor tensor = tensors[index].Tensor;
            int length = (int)tensor.ByteLength;
            tensor.CopyTo(buffer.Slice(end, length), cancellationToken);
            end += length;
        }

        sink.Write(unit.Position, buffer);
    }
}
