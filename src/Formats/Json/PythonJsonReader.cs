using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;

namespace Transfuse.Formats.Json;

/// <summary>Reads one document; used once. Recursive, which the depth limit bounds.</summary>
internal ref struct PythonJsonReader
{
    private static readonly SearchValues<byte> NumberCharacters = SearchValues.Create("0123456789+-.eE"u8);

    private readonly ReadOnlySpan<byte> _text;
    private readonly string _fileName;
    private readonly PythonJsonLimits _limits;
    private int _position;
    private int _depth;
    private int _values;

    public PythonJsonReader(ReadOnlySpan<byte> text, string fileName, PythonJsonLimits limits)
    {
        _text = text.StartsWith("\uFEFF"u8) ? text[3..] : text;
        _fileName = fileName;
        _limits = limits;
    }

    public JsonValue ReadDocument()
    {
        if (_text.Length > _limits.MaxBytes)
        {
            throw new PythonJsonException(PythonJsonCause.TooLarge, _fileName, 1, 1, $"the document has {_text.Length} bytes; the limit is {_limits.MaxBytes}");
        }

        CheckUtf8();
        JsonValue value = ReadValue();
        SkipWhiteSpace();
        return _position == _text.Length ? value : throw Fail(PythonJsonCause.TrailingData, $"{Shown()} follows the value");
    }

    private readonly void CheckUtf8()
    {
        if (Utf8.IsValid(_text))
        {
            return;
        }

        int position = 0;
        while (Rune.DecodeFromUtf8(_text[position..], out _, out int consumed) == OperationStatus.Done)
        {
            position += consumed;
        }

        throw FailAt(position, PythonJsonCause.InvalidUtf8, $"the byte 0x{_text[position]:x2} is not UTF-8");
    }

    private JsonValue ReadValue()
    {
        SkipWhiteSpace();
        if (++_values > _limits.MaxValues)
        {
            throw Fail(PythonJsonCause.TooManyValues, $"the document has more than {_limits.MaxValues} values");
        }

        switch (Peek())
        {
            case (byte)'{':
                return ReadObject();
            case (byte)'[':
                return ReadArray();
            case (byte)'"':
                return new JsonString(ReadString());
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                return ReadNumber();
            default:
                return TryTake("null"u8) ? JsonNull.Instance
                    : TryTake("true"u8) ? JsonBoolean.True
                    : TryTake("false"u8) ? JsonBoolean.False
                    : TryTake("NaN"u8) ? new JsonNumber("NaN")
                    : TryTake("Infinity"u8) ? new JsonNumber("Infinity")
                    : throw Unexpected("a value");
        }
    }

    private JsonObject ReadObject()
    {
        Enter();
        var members = ImmutableArray.CreateBuilder<KeyValuePair<string, JsonValue>>();
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        SkipWhiteSpace();
        if (!TryTake("}"u8))
        {
            do
            {
                SkipWhiteSpace();
                int start = _position;
                if (Peek() != (byte)'"')
                {
                    throw Unexpected("a name in double quotes");
                }

                string name = ReadString();
                if (names.ContainsKey(name) && !_limits.LastNameWins)
                {
                    throw FailAt(start, PythonJsonCause.DuplicateName, "the name \"" + Shorten(name) + "\" occurs twice");
                }

                SkipWhiteSpace();
                if (!TryTake(":"u8))
                {
                    throw Unexpected("\":\"");
                }

                JsonValue value = ReadValue();
                if (names.TryGetValue(name, out int place))
                {
                    members[place] = new(name, value);
                }
                else
                {
                    names.Add(name, members.Count);
                    members.Add(new(name, value));
                }

                SkipWhiteSpace();
            }
            while (TryTake(","u8));
            Leave((byte)'}', "\",\" or \"}\"");
        }

        _depth--;
        return new JsonObject(members.DrainToImmutable());
    }

    private JsonArray ReadArray()
    {
        Enter();
        var items = ImmutableArray.CreateBuilder<JsonValue>();
        SkipWhiteSpace();
        if (!TryTake("]"u8))
        {
            do
            {
                items.Add(ReadValue());
                SkipWhiteSpace();
            }
            while (TryTake(","u8));
            Leave((byte)']', "\",\" or \"]\"");
        }

        _depth--;
        return new JsonArray(items.DrainToImmutable());
    }

    private void Enter()
    {
        if (++_depth > _limits.MaxDepth)
        {
            throw Fail(PythonJsonCause.TooDeep, $"values are nested deeper than {_limits.MaxDepth}");
        }

        _position++;
    }

    private void Leave(byte closing, string expected)
    {
        if (Peek() != closing)
        {
            throw Unexpected(expected);
        }

        _position++;
    }

    private string ReadString()
    {
        int start = ++_position;
        StringBuilder? unescaped = null;
        while (true)
        {
            ReadOnlySpan<byte> rest = _text[_position..];
            int special = rest.IndexOfAny((byte)'"', (byte)'\\');
            int control = (special < 0 ? rest : rest[..special]).IndexOfAnyInRange((byte)0, (byte)0x1F);
            if (control >= 0)
            {
                _position += control;
                throw Fail(PythonJsonCause.ControlCharacter, $"the control character U+{_text[_position]:X4} stands in a string");
            }

            if (special < 0)
            {
                throw FailAt(_text.Length, PythonJsonCause.UnexpectedEnd, "the document ends inside a string");
            }

            _position += special;
            string piece = Encoding.UTF8.GetString(_text[start.._position]);
            if (_text[_position++] == (byte)'"')
            {
                return unescaped is null ? piece : unescaped.Append(piece).ToString();
            }

            (unescaped ??= new StringBuilder()).Append(piece).Append(ReadEscape());
            start = _position;
        }
    }

    private char ReadEscape()
    {
        int start = _position - 1;
        char escape = (char)Peek();
        _position++;
        switch (escape)
        {
            case '"' or '\\' or '/':
                return escape;
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u' when _position + 4 > _text.Length:
                throw FailAt(_text.Length, PythonJsonCause.UnexpectedEnd, "the document ends inside an escape");
            case 'u':
                int unit = 0;
                foreach (byte digit in _text.Slice(_position, 4))
                {
                    if (!char.IsAsciiHexDigit((char)digit))
                    {
                        throw FailAt(start, PythonJsonCause.InvalidEscape, "\\u is not followed by four hexadecimal digits");
                    }

                    unit = (unit << 4) | Convert.ToInt32(((char)digit).ToString(), 16);
                }

                _position += 4;
                return (char)unit;
            default:
                throw FailAt(start, PythonJsonCause.InvalidEscape, "a backslash is not followed by an escape");
        }
    }

    private JsonNumber ReadNumber()
    {
        if (TryTake("-Infinity"u8))
        {
            return new JsonNumber("-Infinity");
        }

        int length = _text[_position..].IndexOfAnyExcept(NumberCharacters);
        ReadOnlySpan<byte> text = length < 0 ? _text[_position..] : _text.Slice(_position, length);
        if (text.Length > _limits.MaxNumberLength)
        {
            throw Fail(PythonJsonCause.NumberTooLong, $"a number has {text.Length} characters; the limit is {_limits.MaxNumberLength}");
        }

        string number = Encoding.ASCII.GetString(text);
        if (!PythonNumberText.IsNumber(text))
        {
            throw Fail(PythonJsonCause.InvalidNumber, $"\"{Shorten(number)}\" is not a number");
        }

        _position += text.Length;
        return new JsonNumber(number);
    }

    private void SkipWhiteSpace()
    {
        int length = _text[_position..].IndexOfAnyExcept(" \t\n\r"u8);
        _position = length < 0 ? _text.Length : _position + length;
    }

    private readonly byte Peek() => _position < _text.Length
        ? _text[_position]
        : throw Fail(PythonJsonCause.UnexpectedEnd, "the document ends where more was expected");

    private bool TryTake(ReadOnlySpan<byte> token)
    {
        bool found = _text[_position..].StartsWith(token);
        _position += found ? token.Length : 0;
        return found;
    }

    private readonly PythonJsonException Unexpected(string expected) => _position == _text.Length
        ? Fail(PythonJsonCause.UnexpectedEnd, $"the document ends where {expected} was expected")
        : Fail(PythonJsonCause.UnexpectedCharacter, $"{Shown()} stands where {expected} was expected");

    private readonly string Shown()
    {
        Rune.DecodeFromUtf8(_text[_position..], out Rune rune, out _);
        return Rune.IsControl(rune) ? $"U+{rune.Value:X4}" : $"\"{rune}\"";
    }

    private static string Shorten(string text) => text.Length <= 64 ? text : text[..64] + "...";

    private readonly PythonJsonException Fail(PythonJsonCause cause, string message) => FailAt(_position, cause, message);

    private readonly PythonJsonException FailAt(int position, PythonJsonCause cause, string message) =>
        PythonJsonException.At(_text, position, cause, _fileName, message);
}
