using System.Buffers;
using Transfuse.Formats.Files;

namespace Transfuse.Formats.Json;

/// <summary>
/// JSON as Python's <c>json</c> module reads and writes it (Python 3.8 to 3.14): <c>NaN</c>, <c>Infinity</c>, lone surrogates in escapes.
/// Unlike Python the reader refuses a name that occurs twice in an object, and bounds what a document may cost.
/// </summary>
internal static class PythonJson
{
    /// <summary>Reads one document. A UTF-8 byte order mark is skipped; numbers keep their text; lone surrogates in escapes are kept.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="fileName">What to call it in messages.</param>
    /// <param name="limits">What it may cost; <see cref="PythonJsonLimits.Default"/> where null.</param>
    /// <exception cref="PythonJsonException">The document is refused; the exception says why and where.</exception>
    public static JsonValue Parse(ReadOnlySpan<byte> utf8, string fileName, PythonJsonLimits? limits = null)
    {
        var reader = new PythonJsonReader(utf8, fileName, limits ?? PythonJsonLimits.Default);
        return reader.ReadDocument();
    }

    /// <summary>Reads a document that must be an object.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="fileName">What to call it in messages.</param>
    /// <param name="limits">What it may cost; the default where left out.</param>
    /// <exception cref="PythonJsonException">The document is refused, or is another value.</exception>
    public static JsonObject ParseObject(ReadOnlySpan<byte> utf8, string fileName, PythonJsonLimits? limits = null) => Parse(utf8, fileName, limits) switch
    {
        JsonObject fields => fields,
        JsonValue other => throw new PythonJsonException(PythonJsonCause.NotAnObject, fileName, 1, 1, $"is {other.Kind}, not an object"),
    };

    /// <summary>Reads a file that must be an object; one beyond the limits is refused before it is read.</summary>
    /// <exception cref="PythonJsonException">The document is refused, or is another value.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static JsonObject ReadObject(IByteSource file, PythonJsonLimits limits)
    {
        if (file.Length > limits.MaxBytes)
        {
            throw new PythonJsonException(PythonJsonCause.TooLarge, file.Name, 1, 1, $"the document has {file.Length} bytes; the limit is {limits.MaxBytes}");
        }

        byte[] bytes = new byte[file.Length];
        file.Read(0, bytes);
        return ParseObject(bytes, file.Name, limits);
    }

    /// <summary>Writes a document as <c>json.dumps(value, indent=...)</c> does: ASCII only, no final newline, numbers with the text that they carry.</summary>
    /// <exception cref="ArgumentException">A number is not finite. <see cref="FindNonFinite"/> tells before.</exception>
    public static byte[] Write(JsonValue value, PythonJsonStyle style)
    {
        if (FindNonFinite(value) is { } path)
        {
            throw new ArgumentException($"The number at {path} is not finite; only finite numbers are written.", nameof(value));
        }

        var text = new ArrayBufferWriter<byte>();
        Write(text, value, style);
        return text.WrittenSpan.ToArray();
    }

    /// <summary>As <see cref="Write(JsonValue, PythonJsonStyle)"/>, piece by piece.</summary>
    /// <param name="output">Where the bytes go.</param>
    /// <param name="value">The value. Its numbers are finite; they are not looked at.</param>
    /// <param name="style">The layout.</param>
    /// <param name="depth">How deep the value stands within its document.</param>
    public static void Write(IBufferWriter<byte> output, JsonValue value, PythonJsonStyle style, int depth = 0) =>
        new PythonJsonWriter(style, output).Write(value, depth);

    /// <summary>
    /// The place of the first number that is not finite, such as <c>$.lora_alpha</c> or <c>$.list[3]</c>, or <see langword="null"/> where all numbers are.
    /// </summary>
    public static string? FindNonFinite(JsonValue value)
    {
        string? inside = Search(value);
        return inside is null ? null : "$" + inside;
    }

    private static string? Search(JsonValue value)
    {
        switch (value)
        {
            case JsonNumber number:
                return double.IsFinite(number.Value) ? null : string.Empty;
            case JsonArray array:
                for (int index = 0; index < array.Items.Length; index++)
                {
                    if (Search(array.Items[index]) is { } inside)
                    {
                        return $"[{index}]{inside}";
                    }
                }

                return null;
            case JsonObject members:
                foreach ((string name, JsonValue member) in members.Members)
                {
                    if (Search(member) is { } inside)
                    {
                        return $".{name}{inside}";
                    }
                }

                return null;
            default:
                return null;
        }
    }
}
