using System.Text.Json;
using Transfuse.Formats.Files;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Safetensors;

/// <summary>Parses one tensor's entry in a header.</summary>
internal static class HeaderEntryReader
{
    // Nearly all tensors are of these.
    private static readonly DType[] Common = [DType.BF16, DType.F16, DType.F32];

    /// <summary>Reads from an object's start to its end. Fields that the format does not know are skipped, as in the reference implementation.</summary>
    /// <param name="reader">At the object's start.</param>
    /// <param name="file">What to call the file.</param>
    /// <param name="name">The tensor.</param>
    /// <param name="shapes">The shapes of the entries before.</param>
    public static HeaderEntry Read(ref Utf8JsonReader reader, string file, string name, RecentShapes shapes)
    {
        DType? dtype = null;
        TensorShape? shape = null;
        (long Begin, long End)? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("dtype"u8))
            {
                RefuseSecond(dtype.HasValue, file, name, "dtype");
                dtype = ReadDType(ref reader, file, name);
            }
            else if (reader.ValueTextEquals("shape"u8))
            {
                RefuseSecond(shape.HasValue, file, name, "shape");
                shape = ReadShape(ref reader, file, name, shapes);
            }
            else if (reader.ValueTextEquals("data_offsets"u8))
            {
                RefuseSecond(offsets.HasValue, file, name, "data_offsets");
                offsets = ReadOffsets(ref reader, file, name);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (dtype is null || shape is null || offsets is null)
        {
            string missing = dtype is null ? "dtype" : shape is null ? "shape" : "data_offsets";
            throw new SafetensorsException(SafetensorsError.WrongHeaderShape, file, name, $"{missing} is missing");
        }

        return new HeaderEntry(name, dtype.Value, shape.Value, offsets.Value.Begin, offsets.Value.End);
    }

    private static void RefuseSecond(bool seen, string file, string name, string field)
    {
        if (seen)
        {
            throw new SafetensorsException(SafetensorsError.DuplicateName, file, name, $"{field} occurs twice");
        }
    }

    private static DType ReadDType(ref Utf8JsonReader reader, string file, string name)
    {
        reader.Read();
        HeaderReader.Expect(JsonTokenType.String, reader.TokenType, file, name, "dtype");
        foreach (DType known in Common)
        {
            if (reader.ValueTextEquals(known.SafetensorsName()))
            {
                return known;
            }
        }

        string text = reader.GetString()!;
        return DTypeExtensions.TryParseSafetensorsName(text, out DType dtype)
            ? dtype
            : throw new SafetensorsException(SafetensorsError.UnknownDType, file, name, $"the dtype {QuotedName.Of(text)} is not known");
    }

    private static TensorShape ReadShape(ref Utf8JsonReader reader, string file, string name, RecentShapes shapes)
    {
        Span<ulong> extents = stackalloc ulong[Header.MaxRank];
        extents = extents[..ReadNumbers(ref reader, file, name, "shape", extents)];
        Span<long> dimensions = stackalloc long[extents.Length];
        try
        {
            for (int axis = 0; axis < extents.Length; axis++)
            {
                dimensions[axis] = checked((long)extents[axis]);
            }

            return shapes.Of(dimensions);
        }
        catch (OverflowException)
        {
            throw new SafetensorsException(
                SafetensorsError.ShapeOverflow, file, name, $"the shape ({Listed(extents)}) has more elements than fit 63 bits");
        }
    }

    private static (long Begin, long End) ReadOffsets(ref Utf8JsonReader reader, string file, string name)
    {
        Span<ulong> offsets = stackalloc ulong[Header.MaxRank];
        offsets = offsets[..ReadNumbers(ref reader, file, name, "data_offsets", offsets)];
        if (offsets.Length != 2)
        {
            throw new SafetensorsException(
                SafetensorsError.WrongHeaderShape, file, name, $"data_offsets must have 2 numbers, not {offsets.Length}");
        }

        return offsets[0] <= offsets[1] && offsets[1] <= long.MaxValue
            ? ((long)offsets[0], (long)offsets[1])
            : throw new SafetensorsException(
                SafetensorsError.OffsetOutOfRange, file, name, $"the data_offsets [{Listed(offsets)}] are no range of bytes");
    }

    // How many there are.
    private static int ReadNumbers(ref Utf8JsonReader reader, string file, string name, string field, scoped Span<ulong> numbers)
    {
        reader.Read();
        HeaderReader.Expect(JsonTokenType.StartArray, reader.TokenType, file, name, field);
        int count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            HeaderReader.Expect(JsonTokenType.Number, reader.TokenType, file, name, $"every element of {field}");
            if (count == numbers.Length)
            {
                throw new SafetensorsException(SafetensorsError.TooMany, file, name, $"{field} has more than {numbers.Length} numbers, the most that are read");
            }

            numbers[count++] = reader.TryGetUInt64(out ulong number)
                ? number
                : throw new SafetensorsException(
                    SafetensorsError.InvalidNumber,
                    file,
                    name,
                    $"{field} has an element that is negative, fractional or beyond 64 bits");
        }

        return count;
    }

    private static string Listed(ReadOnlySpan<ulong> numbers) =>
        numbers.Length <= 8 ? string.Join(", ", numbers.ToArray()) : $"{string.Join(", ", numbers[..8].ToArray())}, ... {numbers.Length} in all";
}
