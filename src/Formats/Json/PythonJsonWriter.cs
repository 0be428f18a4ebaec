using System.Buffers;
using System.Globalization;
using System.Text;

namespace Transfuse.Formats.Json;

/// <summary>Writes one document.</summary>
internal sealed class PythonJsonWriter(PythonJsonStyle style)
{
    // Python escapes all that is not ASCII, so that the bytes are written at once: reports have megabytes.
    private readonly ArrayBufferWriter<byte> _text = new();

    public byte[] Write(JsonValue value)
    {
        WriteValue(value, 0);
        return _text.WrittenSpan.ToArray();
    }

    private void WriteValue(JsonValue value, int depth)
    {
        switch (value)
        {
            case JsonNull:
                Append("null");
                break;
            case JsonBoolean boolean:
                Append(boolean.Value ? "true" : "false");
                break;
            case JsonNumber number:
                Append(number.Text);
                break;
            case JsonString text:
                WriteString(text.Value);
                break;
            case JsonArray array:
                WriteItems('[', ']', array.Items.Length, depth, index => WriteValue(array.Items[index], depth + 1));
                break;
            case JsonObject members:
                WriteObject(members, depth);
                break;
            default:
                throw new ArgumentException($"{value.GetType().Name} is not a JSON value.", nameof(value));
        }
    }

    private void WriteObject(JsonObject value, int depth)
    {
        bool sorted = style.KeyOrder == JsonKeyOrder.Sorted || (style.KeyOrder == JsonKeyOrder.TopLevelSorted && depth == 0);
        KeyValuePair<string, JsonValue>[] members = sorted
            ? [.. value.Members.OrderBy(member => member.Key, CodePointComparer.Instance)]
            : [.. value.Members];
        WriteItems('{', '}', members.Length, depth, index =>
        {
            WriteString(members[index].Key);
            Append(": ");
            WriteValue(members[index].Value, depth + 1);
        });
    }

    private void WriteItems(char opening, char closing, int count, int depth, Action<int> writeItem)
    {
        Append(opening);
        for (int index = 0; index < count; index++)
        {
            if (index > 0)
            {
                Append(',');
            }

            AppendLine(depth + 1);
            writeItem(index);
        }

        if (count > 0)
        {
            AppendLine(depth);
        }

        Append(closing);
    }

    private void WriteString(string text)
    {
        Append('"');
        foreach (char unit in text)
        {
            switch (unit)
            {
                case '"' or '\\':
                    Append('\\');
                    Append(unit);
                    break;
                case '\n':
                    Append("\\n");
                    break;
                case '\r':
                    Append("\\r");
                    break;
                case '\t':
                    Append("\\t");
                    break;
                case '\f':
                    Append("\\f");
                    break;
                case '\b':
                    Append("\\b");
                    break;
                case >= ' ' and <= '~':
                    Append(unit);
                    break;
                default:
                    Append(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}"));
                    break;
            }
        }

        Append('"');
    }

    private void AppendLine(int depth)
    {
        Append('\n');
        int blanks = style.Indent * depth;
        _text.GetSpan(blanks)[..blanks].Fill((byte)' ');
        _text.Advance(blanks);
    }

    private void Append(char ascii)
    {
        _text.GetSpan(1)[0] = (byte)ascii;
        _text.Advance(1);
    }

    private void Append(string ascii) => _text.Advance(Encoding.ASCII.GetBytes(ascii, _text.GetSpan(ascii.Length)));
}
