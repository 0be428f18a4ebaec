using System.Collections.Immutable;
using Transfuse.Formats.Files;

namespace Transfuse.Formats.Zip;

/// <summary>
/// Lists an archive, zip64 included, and proves that it has one meaning: unique safe names, no encryption, no unknown compression,
/// entries inside the file and apart from each other.
/// </summary>
internal static class ZipDirectory
{
    /// <summary>Ten times the tensors of the largest adapter that could be found (per-expert LoRA on 256 experts in 60 layers).</summary>
    public const int MaxEntries = 1 << 20;

    /// <summary>Bytes of the central directory.</summary>
    public const long MaxLength = 256L << 20;

    /// <summary>Reads the central directory and the local headers.</summary>
    /// <param name="source">The archive.</param>
    /// <param name="allowDeflate">Whether entries may be deflated.</param>
    /// <returns>The entries in the order of their bytes in the file.</returns>
    /// <exception cref="ZipFormatException">The archive is refused.</exception>
    public static ImmutableArray<ZipEntry> Read(IByteSource source, bool allowDeflate)
    {
        ZipEndRecord end = ZipEndRecord.Read(source);
        if (end.EntryCount > MaxEntries || end.DirectoryLength > MaxLength)
        {
            throw new ZipFormatException(
                ZipError.LimitExceeded, null,
                $"the archive has {end.EntryCount} entries in a directory of {end.DirectoryLength} bytes; at most {MaxEntries} in {MaxLength} are read");
        }

        if (end.EntryCount > end.DirectoryLength / ZipCentralHeader.Size)
        {
            throw new ZipFormatException(ZipError.Invalid, null, "the central directory is too short for its entries");
        }

        ZipEntry[] entries = ReadHeaders(source, end, allowDeflate);
        ZipLocalHeaders.Resolve(source, entries, end.DirectoryPosition);
        return [.. entries];
    }

    private static ZipEntry[] ReadHeaders(IByteSource source, ZipEndRecord end, bool allowDeflate)
    {
        byte[] bytes = new byte[end.DirectoryLength];
        source.Read(end.DirectoryPosition, bytes);
        ReadOnlySpan<byte> directory = bytes;
        var entries = new ZipEntry[end.EntryCount];
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = ZipCentralHeader.Read(ref directory, allowDeflate);
            if (!names.Add(entries[i].Name))
            {
                throw new ZipFormatException(ZipError.NameDuplicate, entries[i].Name, $"two entries are named {QuotedName.Of(entries[i].Name)}");
            }
        }

        return directory.IsEmpty ? entries : throw new ZipFormatException(ZipError.Invalid, null, "the central directory is longer than its entries");
    }
}
