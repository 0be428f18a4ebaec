using System.Collections.Immutable;
using Transfuse.Formats.Files;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.Zip;

namespace Transfuse.Formats.Npz;

/// <summary>
/// Arrays by name as numpy's or MLX's <c>savez</c> and <c>savez_compressed</c> write them (the <c>adapters.npz</c> of mlx-lm before 0.6).
/// Names are those of the members without <c>.npy</c>; MLX's bfloat16 (<c>V2</c>) is known.
/// </summary>
/// <remarks>Elements are read, decompressed and compared with their checksum when they are asked for: reading a damaged array throws
/// <see cref="NpzException"/>.</remarks>
/// <example>
/// <code>
/// using NpzFile file = NpzFile.Open("adapters.npz");
/// Console.WriteLine(file.Tensors.Length);
/// </code>
/// </example>
public sealed class NpzFile : ITensorContainer
{
    private const string Suffix = ".npy";

    // Deflate's own limit: 258 bytes from two bits.
    private const long MaxRatio = 1032;

    private readonly IByteSource _source;

    private NpzFile(IByteSource source, ImmutableArray<NamedTensor> tensors)
    {
        _source = source;
        Tensors = tensors;
    }

    /// <inheritdoc />
    public ImmutableArray<NamedTensor> Tensors { get; }

    /// <summary>Always <see langword="null"/>: the format has none.</summary>
    public IReadOnlyDictionary<string, string>? Metadata => null;

    /// <summary>Opens a file.</summary>
    /// <exception cref="NpzException">It is refused.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static NpzFile Open(string path) => Open(new FileByteSource(path));

    /// <summary>Opens an archive and takes over the source, which is disposed with it, or at once where opening fails.</summary>
    /// <exception cref="NpzException">It is refused.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static NpzFile Open(IByteSource source)
    {
        try
        {
            return new NpzFile(source, ReadTensors(source));
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public void Dispose() => _source.Dispose();

    private static ImmutableArray<NamedTensor> ReadTensors(IByteSource source)
    {
        NpzMember[] members = [.. ReadEntries(source).Select(entry => new NpzMember(source, entry))];

        // All claims are weighed before anything is decompressed.
        long total = 0;
        foreach (NpzMember member in members)
        {
            CheckName(member);
            CheckGrowth(member, source.Length, ref total);
        }

        var tensors = new List<NamedTensor>(members.Length);
        foreach (NpzMember member in members)
        {
            tensors.Add(new NamedTensor(member.Entry.Name[..^Suffix.Length], MakeTensor(member)));
        }

        tensors.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        return [.. tensors];
    }

    private static void CheckName(NpzMember member)
    {
        string name = member.Entry.Name;
        if (!name.EndsWith(Suffix, StringComparison.Ordinal) || name.Length == Suffix.Length)
        {
            throw member.Refusal(NpzError.MemberNotArray, "members of an npz file are named NAME.npy");
        }
    }

    private static void CheckGrowth(NpzMember member, long fileLength, ref long total)
    {
        ZipEntry entry = member.Entry;
        bool possible = entry.Method == ZipMethod.Stored || entry.Length / MaxRatio <= entry.StoredLength;
        long limit = (64 * fileLength) + (64L << 20);
        if (!possible || entry.Length > limit - total)
        {
            throw member.Refusal(
                NpzError.LimitExceeded, $"it would grow from {entry.StoredLength} to {entry.Length} bytes; the members of this file together may have {limit}");
        }

        total += entry.Length;
    }

    private static NpzTensor MakeTensor(NpzMember member)
    {
        NpyHeader header = member.ReadHeader();
        Int128 expected = header.Length + ((Int128)header.Shape.ElementCount * (header.Type.DType.BitSize() / 8));
        return expected == member.Entry.Length
            ? new NpzTensor(member, header)
            : throw member.Refusal(
                NpzError.SizeMismatch,
                $"an array {header.Shape} of {header.Type.DType.SafetensorsName()} takes {expected} bytes with its header, and the member has "
                + $"{member.Entry.Length}");
    }

    private static ImmutableArray<ZipEntry> ReadEntries(IByteSource source)
    {
        try
        {
            return ZipDirectory.Read(source, allowDeflate: true);
        }
        catch (ZipFormatException exception)
        {
            NpzError error = exception.Error switch
            {
                ZipError.EndMissing => NpzError.Truncated,
                ZipError.LimitExceeded => NpzError.LimitExceeded,
                ZipError.NameUnsafe => NpzError.EntryNameUnsafe,
                ZipError.NameDuplicate => NpzError.EntryDuplicate,
                ZipError.Encrypted => NpzError.EntryEncrypted,
                ZipError.MethodRefused => NpzError.CompressionUnsupported,
                ZipError.Overlap => NpzError.EntryOverlap,
                _ => NpzError.ArchiveInvalid,
            };
            throw new NpzException(error, source.Name, exception.Entry is null ? null : QuotedName.Bare(exception.Entry), exception.Message, exception);
        }
    }
}
