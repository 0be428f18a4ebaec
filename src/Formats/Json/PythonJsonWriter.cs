using System.Buffers;
using System.Globalization;
using System.Text;

namespace Transfuse.Formats.Json;

/// <summary>Writes values, as ASCII at once: Python escapes everything else, and reports have megabytes.</summary>
internal sealed class PythonJsonWriter(PythonJsonStyle style, IBufferWriter<byte> text)
{
    public void Write(JsonValue value, int depth)
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
            case JsonString name:
                WriteString(name.Value);
                break;
            case JsonArray array:
                WriteItems('[', ']', array.Items, depth, item => Write(item, depth + 1));
                break;
            case JsonSequence sequence:
                WriteItems('[', ']', sequence.Items, depth, item => Write(item, depth + 1));
                break;
            case JsonWritten written:
                written.WriteTo(text);
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
        IEnumerable<KeyValuePair<string, JsonValue>> members = sorted ? value.Members.OrderBy(member => member.Key, CodePointComparer.Instance) : value.Members;
        WriteItems('{', '}', members, depth, member =>
        {
            WriteString(member.Key);
            Append(": ");
            Write(member.Value, depth + 1);
        });
    }

    private void WriteItems<T>(char opening, char closing, IEnumerable<T> items, int depth, Action<T> writeItem)
    {
        Append(opening);
        bool isEmpty = true;
        foreach (T item in items)
        {
            if (!isEmpty)
            {
                Append(',');
            }

            isEmpty = false;
            AppendLine(depth + 1);
            writeItem(item);
        }

        if (!isEmpty)
        {
            AppendLine(depth);
        }

        Append(closing);
    }

    private void WriteString(string value)
    {
        Append('"');
        foreach (char unit in value)
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
        text.GetSpan(blanks)[..blanks].Fill((byte)' ');
        text.Advance(blanks);
    }

    private void Append(char ascii)
    {
        text.GetSpan(1)[0] = (byte)ascii;
        text.Advance(1);
    }

    private void Append(string ascii) => text.Advance(Encoding.ASCII.GetBytes(ascii, text.GetSpan(ascii.Length)));
}
