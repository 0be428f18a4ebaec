using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Unicode;

namespace Transfuse.Formats.Safetensors;

/// <summary>Parses the JSON of a header.</summary>
internal static class HeaderReader
{
    private const int TypicalEntryLength = 128;

    /// <summary>Parses a header.</summary>
    /// <param name="utf8">The header's bytes.</param>
    /// <param name="file">What to call the file.</param>
    /// <param name="maxTensors">The most tensors that are read.</param>
    /// <exception cref="SafetensorsException">It is not UTF-8, not JSON, or not an object of tensors.</exception>
    public static Header Parse(ReadOnlySpan<byte> utf8, string file, long maxTensors)
    {
        if (!Utf8.IsValid(utf8))
        {
            throw new SafetensorsException(SafetensorsError.HeaderNotUtf8, file, null, $"the header of {utf8.Length} bytes is not UTF-8");
        }

        try
        {
            var reader = new Utf8JsonReader(utf8);
            return ReadHeader(ref reader, utf8.Length, file, maxTensors);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The reader reports an escaped lone surrogate as an InvalidOperationException.
            throw new SafetensorsException(
                SafetensorsError.HeaderNotJson, file, null, $"the header of {utf8.Length} bytes is not JSON: {exception.Message}", exception);
        }
    }

    private static Header ReadHeader(ref Utf8JsonReader reader, int headerLength, string file, long maxTensors)
    {
        reader.Read();
        Expect(JsonTokenType.StartObject, reader.TokenType, file, null, "the header");

        // An entry takes about as many bytes in the header; growing a list of tens of thousands would leave its smaller arrays behind.
        var entries = new List<HeaderEntry>((int)Math.Min(maxTensors, headerLength / TypicalEntryLength));
        var shapes = new RecentShapes();
        IReadOnlyDictionary<string, string>? metadata = null;
        bool metadataSeen = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (name != Header.MetadataKey)
            {
                Expect(JsonTokenType.StartObject, reader.TokenType, file, name, "the entry");
                entries.Add(entries.Count < maxTensors
                    ? HeaderEntryReader.Read(ref reader, file, name, shapes)
                    : throw new SafetensorsException(
                        SafetensorsError.TooMany, file, null,
                        $"the header has more than {maxTensors} tensors, the most that are read from a file of this size"));
            }
            else if (metadataSeen)
            {
                throw new SafetensorsException(SafetensorsError.DuplicateName, file, null, "__metadata__ occurs twice");
            }
            else
            {
                metadataSeen = true;
                metadata = ReadMetadata(ref reader, file);
            }
        }

        // Anything but whitespace after the object makes this throw.
        reader.Read();
        return new Header(entries, metadata);
    }

    private static ReadOnlyDictionary<string, string>? ReadMetadata(ref Utf8JsonReader reader, string file)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        Expect(JsonTokenType.StartObject, reader.TokenType, file, null, Header.MetadataKey);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        long start = reader.TokenStartIndex;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if (metadata.Count >= Header.MaxMetadataPairs || reader.BytesConsumed - start > Header.MaxMetadataBytes)
            {
                throw new SafetensorsException(
                    SafetensorsError.TooMany, file, null,
                    $"__metadata__ has more than {Header.MaxMetadataPairs} pairs or {Header.MaxMetadataBytes} bytes, the most that are read");
            }

            Expect(JsonTokenType.String, reader.TokenType, file, null, "every value of __metadata__");
            if (!metadata.TryAdd(key, reader.GetString()!))
            {
                throw new SafetensorsException(
                    SafetensorsError.DuplicateName, file, null, $"__metadata__ has the key {Files.QuotedName.Of(key)} twice");
            }
        }

        return metadata.AsReadOnly();
    }

    /// <summary>Refuses a value of another JSON type.</summary>
    public static void Expect(JsonTokenType wanted, JsonTokenType found, string file, string? tensor, string what)
    {
        if (found != wanted)
        {
            throw new SafetensorsException(
                SafetensorsError.WrongHeaderShape, file, tensor, $"{what} must be {Kind(wanted)}, not {Kind(found)}");
        }
    }

    private static string Kind(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        _ => "null",
    };
}
