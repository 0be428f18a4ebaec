using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Transfuse.Formats.Files;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Safetensors;

/// <summary>
/// An open safetensors file: 8 bytes with the header's length (little-endian), a JSON header, and the tensors' bytes.
/// Only the header is read on opening; tensors are read by position when they are asked for.
/// </summary>
/// <example>
/// <code>
/// using SafetensorsFile file = SafetensorsFile.Open("adapter_model.safetensors");
/// foreach (NamedTensor tensor in file.Tensors)
/// {
///     Console.WriteLine($"{tensor.Name} {tensor.Tensor.DType} {tensor.Tensor.Shape}");
/// }
/// </code>
/// </example>
public sealed class SafetensorsFile : ITensorContainer
{
    private const int PrefixLength = sizeof(ulong);

    private readonly IByteSource _source;
    private volatile bool _disposed;

    private SafetensorsFile(IByteSource source, bool allowTrailingBytes)
    {
        _source = source;
        int headerLength = ReadHeaderLength(source);
        byte[] bytes = GC.AllocateUninitializedArray<byte>(headerLength);
        source.Read(PrefixLength, bytes);

        Header header = HeaderReader.Parse(bytes, source.Name, Header.MaxTensors(source.Length));
        long dataStart = PrefixLength + (long)headerLength;
        HeaderValidation.Check(header.Entries, source.Length - dataStart, source.Name, allowTrailingBytes);
        Metadata = header.Metadata;
        Tensors = ByName(header.Entries, dataStart);
    }

    /// <inheritdoc />
    public ImmutableArray<NamedTensor> Tensors { get; }

    /// <summary>The strings under <c>__metadata__</c>; <see langword="null"/> where it is absent or, as MLX writes it, null.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="SafetensorsException">The file breaks a rule of the format.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static SafetensorsFile Open(string path) => Open(new FileByteSource(path));

    /// <summary>Opens a source and owns it from then on: it is disposed with the file, and also when this throws.</summary>
    /// <exception cref="SafetensorsException">The file breaks a rule of the format.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static SafetensorsFile Open(IByteSource source) => Open(source, allowTrailingBytes: false);

    /// <summary>
    /// Opens a source as MLX does, which reads the tensors and passes over bytes after the last one; else as <see cref="Open(IByteSource)"/>.
    /// </summary>
    /// <param name="source">The file; disposed with it.</param>
    /// <param name="allowTrailingBytes">Whether bytes may follow the last tensor, which the format forbids.</param>
    /// <exception cref="SafetensorsException">The file breaks another rule of the format.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static SafetensorsFile Open(IByteSource source, bool allowTrailingBytes)
    {
        ArgumentNullException.ThrowIfNull(source);
        try
        {
            return new SafetensorsFile(source, allowTrailingBytes);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _disposed = true;
        _source.Dispose();
    }

    internal void Read(long position, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _source.Read(position, destination);
    }

    /// <summary>Bytes of the file, where they lie in memory.</summary>
    internal bool TryView(long position, long length, out ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        bytes = default;
        if (_source is not IByteView view || length > int.MaxValue)
        {
            return false;
        }

        bytes = view.View(position, (int)length);
        return true;
    }

    private ImmutableArray<NamedTensor> ByName(List<HeaderEntry> entries, long dataStart)
    {
        var tensors = new NamedTensor[entries.Count];
        for (int index = 0; index < tensors.Length; index++)
        {
            HeaderEntry entry = entries[index];
            tensors[index] = new NamedTensor(entry.Name, new FileTensor(this, dataStart + entry.Begin, entry.DType, entry.Shape));
        }

        Array.Sort(tensors, static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        return ImmutableCollectionsMarshal.AsImmutableArray(tensors);
    }

    private static int ReadHeaderLength(IByteSource source)
    {
        if (source.Length < PrefixLength)
        {
            throw new SafetensorsException(
                SafetensorsError.HeaderTooSmall, source.Name, null, $"the file has {source.Length} bytes; the header's length alone takes 8");
        }

        Span<byte> prefix = stackalloc byte[PrefixLength];
        source.Read(0, prefix);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > Header.MaxLength)
        {
            throw new SafetensorsException(
                SafetensorsError.HeaderTooLarge, source.Name, null, $"the header has {length} bytes; at most {Header.MaxLength} are read");
        }

        if ((long)length > source.Length - PrefixLength)
        {
            throw new SafetensorsException(
                SafetensorsError.InvalidHeaderLength,
                source.Name,
                null,
                $"the header has {length} bytes, but only {source.Length - PrefixLength} follow its length");
        }

        long most = Header.MaxLengthIn(source.Length);
        if ((long)length > most)
        {
            throw new SafetensorsException(
                SafetensorsError.TooMany, source.Name, null, $"the header has {length} bytes; at most {most} are read from a file of {source.Length}");
        }

        return (int)length;
    }
}
