using System.Globalization;
using System.Text;

namespace Transfuse.Formats.Json;

/// <summary>Writes one document.</summary>
internal sealed class PythonJsonWriter(PythonJsonStyle style)
{
    private readonly StringBuilder _text = new();

    public byte[] Write(JsonValue value)
    {
        WriteValue(value, 0);
        return Encoding.ASCII.GetBytes(_text.ToString());
    }

    private void WriteValue(JsonValue value, int depth)
    {
        switch (value)
        {
            case JsonNull:
                _text.Append("null");
                break;
            case JsonBoolean boolean:
                _text.Append(boolean.Value ? "true" : "false");
                break;
            case JsonNumber number:
                _text.Append(number.Text);
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
            _text.Append(": ");
            WriteValue(members[index].Value, depth + 1);
        });
    }

    private void WriteItems(char opening, char closing, int count, int depth, Action<int> writeItem)
    {
        _text.Append(opening);
        for (int index = 0; index < count; index++)
        {
            _text.Append(index == 0 ? string.Empty : ",").Append('\n').Append(' ', style.Indent * (depth + 1));
            writeItem(index);
        }

        if (count > 0)
        {
            _text.Append('\n').Append(' ', style.Indent * depth);
        }

        _text.Append(closing);
    }

    private void WriteString(string text)
    {
        _text.Append('"');
        foreach (char unit in text)
        {
            switch (unit)
            {
                case '"' or '\\':
                    _text.Append('\\').Append(unit);
                    break;
                case '\n':
                    _text.Append("\\n");
                    break;
                case '\r':
                    _text.Append("\\r");
                    break;
                case '\t':
                    _text.Append("\\t");
                    break;
                case '\f':
                    _text.Append("\\f");
                    break;
                case '\b':
                    _text.Append("\\b");
                    break;
                case >= ' ' and <= '~':
                    _text.Append(unit);
                    break;
                default:
                    _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
                    break;
            }
        }

        _text.Append('"');
    }
}
