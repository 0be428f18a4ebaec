using System.Buffers.Binary;
using System.Text;
using Transfuse.Formats.Files;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Safetensors;

/// <summary>Where everything lies in a file that is about to be written: deterministic, whatever the order of the input.</summary>
internal sealed class FileLayout
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _file;

    /// <summary>Lays out tensors by element type, descending, then by the bytes of their names, ascending, as the reference implementation does.</summary>
    /// <exception cref="SafetensorsException">The format has no form for a name, a tensor or the whole.</exception>
    public FileLayout(IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata, string file)
    {
        _file = file;
        List<(byte[] Name, NamedTensor Named)> sorted = Sorted(tensors);

        var header = new HeaderWriter();
        AddMetadata(header, metadata);
        long end = 0;
        foreach ((byte[] name, NamedTensor named) in sorted)
        {
            long begin = end;
            end = checked(begin + named.Tensor.ByteLength);
            header.AddTensor(name, named.Tensor.DType, named.Tensor.Shape, begin, end);
            CheckHeaderLength(header.Length);
        }

        Tensors = sorted.ConvertAll(entry => entry.Named);
        Prefix = WithLength(header.Finish().Span);
        CheckHeaderLength(Prefix.Length - sizeof(ulong));
        TotalLength = checked(Prefix.Length + end);
        CheckReadable();
    }

    /// <summary>Everything before the data: the header's length and the header.</summary>
    public byte[] Prefix { get; }

    /// <summary>The tensors in the order of their data.</summary>
    public List<NamedTensor> Tensors { get; }

    /// <summary>The file's length in bytes.</summary>
    public long TotalLength { get; }

    private static byte[] WithLength(ReadOnlySpan<byte> header)
    {
        byte[] prefix = new byte[sizeof(ulong) + header.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
        header.CopyTo(prefix.AsSpan(sizeof(ulong)));
        return prefix;
    }

    private List<(byte[] Name, NamedTensor Named)> Sorted(IReadOnlyList<NamedTensor> tensors)
    {
        var names = new HashSet<string>(tensors.Count, StringComparer.Ordinal);
        var sorted = new List<(byte[] Name, NamedTensor Named)>(tensors.Count);
        foreach (NamedTensor named in tensors)
        {
            if (named.Name == Header.MetadataKey)
            {
                throw Refusal(SafetensorsError.ReservedName, named, "the format keeps this name for metadata");
            }

            if (!names.Add(named.Name))
            {
                throw Refusal(SafetensorsError.DuplicateName, named, "the name is given twice");
            }

            CheckTensor(named);
            sorted.Add((ToUtf8(named.Name, named.Name), named));
        }

        sorted.Sort(static (left, right) =>
        {
            int descending = (int)right.Named.Tensor.DType - (int)left.Named.Tensor.DType;
            return descending != 0 ? descending : left.Name.AsSpan().SequenceCompareTo(right.Name);
        });
        return sorted;
    }

    private void CheckTensor(NamedTensor named)
    {
        LazyTensor tensor = named.Tensor;
        if ((Int128)tensor.Shape.ElementCount * tensor.DType.BitSize() % 8 != 0)
        {
            throw Refusal(
                SafetensorsError.MisalignedSlice, named, $"{tensor.DType.SafetensorsName()} {tensor.Shape} does not end on a whole byte");
        }

        if (!tensor.SupportsRanges && tensor.ByteLength > Array.MaxLength)
        {
            throw Refusal(
                SafetensorsError.TensorTooLarge, named, $"{tensor.ByteLength} bytes; at most {Array.MaxLength} are computed as a whole");
        }
    }

    private SafetensorsException Refusal(SafetensorsError cause, NamedTensor named, string detail) => new(cause, _file, named.Name, detail);

    private void AddMetadata(HeaderWriter header, IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null)
        {
            return;
        }

        var encoded = metadata
            .Select(entry => KeyValuePair.Create(ToUtf8(entry.Key, null), ToUtf8(entry.Value, null)))
            .ToList();
        encoded.Sort(static (left, right) => left.Key.AsSpan().SequenceCompareTo(right.Key));
        header.AddMetadata(encoded);
    }

    private byte[] ToUtf8(string text, string? tensor)
    {
        try
        {
            return StrictUtf8.GetBytes(text);
        }
        catch (EncoderFallbackException exception)
        {
            string what = tensor is null ? $"the metadata text {QuotedName.Of(text)}" : "the name";
            throw new SafetensorsException(
                SafetensorsError.NotUnicode, _file, tensor, $"{what} has a lone surrogate at {exception.Index}", exception);
        }
    }

    // What is written can be read again.
    private void CheckReadable()
    {
        long length = Prefix.Length - sizeof(ulong), longest = Header.MaxLengthIn(TotalLength), most = Header.MaxTensors(TotalLength);
        if (length > longest || Tensors.Count > most)
        {
            throw new SafetensorsException(
                SafetensorsError.TooMany, _file, null,
                $"{Tensors.Count} tensors need a header of {length} bytes; at most {most} and {longest} are read from a file of {TotalLength}");
        }
    }

    private void CheckHeaderLength(int length)
    {
        // MLX refuses exactly 100,000,000 bytes, which the reference implementation reads.
        if (length >= Header.MaxLength)
        {
            throw new SafetensorsException(
                SafetensorsError.HeaderTooLarge, _file, null, $"the header needs {length} bytes or more; readers stop before {Header.MaxLength}");
        }
    }
}
