using System.Runtime.InteropServices;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Safetensors;

/// <summary>The rules that a header's tensors and the file keep together.</summary>
internal static class HeaderValidation
{
    /// <summary>
    /// Names are unique, and the tensors cover the data exactly: every byte belongs to one tensor.
    /// Sorts the entries by their place.
    /// </summary>
    /// <param name="entries">The header's tensors.</param>
    /// <param name="dataLength">Bytes of the file after the header.</param>
    /// <param name="file">What to call the file.</param>
    /// <param name="allowTrailingBytes">Whether bytes may follow the last tensor.</param>
    /// <exception cref="SafetensorsException">A rule is broken; its cause says which.</exception>
    public static void Check(List<HeaderEntry> entries, long dataLength, string file, bool allowTrailingBytes = false)
    {
        // Writers lay the bytes out in the order of the header, mostly. Names that occur twice are told first, whatever else is wrong.
        if (!IsSorted(entries, CompareOffsets))
        {
            entries.Sort(CompareOffsets);
        }

        if (FirstTwin(entries) is { } twin)
        {
            throw new SafetensorsException(SafetensorsError.DuplicateName, file, twin, "the name occurs twice");
        }

        long expected = 0;
        foreach (ref readonly HeaderEntry entry in CollectionsMarshal.AsSpan(entries))
        {
            CheckBegin(entry, expected, file);
            CheckSize(entry, file);
            expected = entry.End;
        }

        if (expected > dataLength || (expected < dataLength && !allowTrailingBytes))
        {
            throw new SafetensorsException(
                expected > dataLength ? SafetensorsError.IncompleteBuffer : SafetensorsError.TrailingBytes,
                file,
                null,
                $"the tensors take {expected} bytes, but the file has {dataLength} after its header");
        }
    }

    private static int CompareOffsets(HeaderEntry left, HeaderEntry right) =>
        left.Begin != right.Begin ? left.Begin.CompareTo(right.Begin) : left.End.CompareTo(right.End);

    private static bool IsSorted(List<HeaderEntry> entries, Comparison<HeaderEntry> compare)
    {
        for (int index = 1; index < entries.Count; index++)
        {
            if (compare(entries[index - 1], entries[index]) > 0)
            {
                return false;
            }
        }

        return true;
    }

    // The first name, ordinal, that occurs twice.
    private static string? FirstTwin(List<HeaderEntry> entries)
    {
        var names = new HashSet<string>(entries.Count, StringComparer.Ordinal);
        string? first = null;
        foreach (HeaderEntry entry in entries)
        {
            if (!names.Add(entry.Name) && (first is null || string.CompareOrdinal(entry.Name, first) < 0))
            {
                first = entry.Name;
            }
        }

        return first;
    }

    private static void CheckBegin(in HeaderEntry entry, long expected, string file)
    {
        if (entry.Begin != expected)
        {
            throw new SafetensorsException(
                entry.Begin > expected ? SafetensorsError.Hole : SafetensorsError.Overlap,
                file,
                entry.Name,
                $"it begins at byte {entry.Begin} of the data, but the tensors before it end at {expected}");
        }
    }

    private static void CheckSize(in HeaderEntry entry, string file)
    {
        Int128 bits = (Int128)entry.Shape.ElementCount * entry.DType.BitSize();
        if (bits % 8 != 0)
        {
            throw new SafetensorsException(
                SafetensorsError.MisalignedSlice, file, entry.Name, $"{Describe(entry)} has {bits} bits, which is no number of whole bytes");
        }

        if (bits / 8 > long.MaxValue)
        {
            throw new SafetensorsException(
                SafetensorsError.ShapeOverflow, file, entry.Name, $"{Describe(entry)} has {bits / 8} bytes, more than fit 63 bits");
        }

        if (bits / 8 != entry.End - entry.Begin)
        {
            throw new SafetensorsException(
                SafetensorsError.SizeMismatch,
                file,
                entry.Name,
                $"{Describe(entry)} needs {bits / 8} bytes, but its data_offsets [{entry.Begin}, {entry.End}] give {entry.End - entry.Begin}");
        }
    }

    private static string Describe(in HeaderEntry entry) =>
        $"{entry.DType.SafetensorsName()} {(entry.Shape.Rank <= 8 ? entry.Shape : $"of rank {entry.Shape.Rank}")}";
}
