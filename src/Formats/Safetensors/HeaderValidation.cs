using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Safetensors;

/// <summary>The rules that a header's tensors and the file keep together.</summary>
internal static class HeaderValidation
{
    /// <summary>
    /// Names are unique, and the tensors cover the data exactly: every byte belongs to one tensor.
    /// Sorts the entries by name, ordinal.
    /// </summary>
    /// <param name="entries">The header's tensors.</param>
    /// <param name="dataLength">Bytes of the file after the header.</param>
    /// <param name="file">What to call the file.</param>
    /// <param name="allowTrailingBytes">Whether bytes may follow the last tensor.</param>
    /// <exception cref="SafetensorsException">A rule is broken; its cause says which.</exception>
    public static void Check(List<HeaderEntry> entries, long dataLength, string file, bool allowTrailingBytes = false)
    {
        entries.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        CheckNames(entries, file);

        HeaderEntry[] byOffset = [.. entries];
        Array.Sort(byOffset, static (left, right) => (left.Begin, left.End).CompareTo((right.Begin, right.End)));
        long expected = 0;
        foreach (ref readonly HeaderEntry entry in byOffset.AsSpan())
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

    private static void CheckNames(List<HeaderEntry> sorted, string file)
    {
        for (int index = 1; index < sorted.Count; index++)
        {
            if (sorted[index].Name == sorted[index - 1].Name)
            {
                throw new SafetensorsException(SafetensorsError.DuplicateName, file, sorted[index].Name, "the name occurs twice");
            }
        }
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
