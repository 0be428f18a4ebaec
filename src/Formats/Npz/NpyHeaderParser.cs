using System.Text;
using Transfuse.Formats.Files;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Npz;

/// <summary>
/// Parses the dictionary of an npy header: exactly <c>descr</c>, <c>fortran_order</c> and <c>shape</c>, each once, as Python literals.
/// </summary>
internal ref struct NpyHeaderParser(ReadOnlySpan<byte> text)
{
    // As many dimensions as numpy 2 allows.
    private const int MaxDimensions = 64;

    private ReadOnlySpan<byte> _rest = text;

    public (string Descr, bool IsFortranOrder, TensorShape Shape) Parse()
    {
        string? descr = null;
        bool? fortran = null;
        TensorShape? shape = null;
        Expect((byte)'{');
        while (!TryTake((byte)'}'))
        {
            string key = ReadString();
            Expect((byte)':');
            switch (key)
            {
                case "descr" when descr is null:
                    descr = ReadDescr();
                    break;
                case "fortran_order" when fortran is null:
                    fortran = ReadBoolean();
                    break;
                case "shape" when shape is null:
                    shape = ReadShape();
                    break;
                default:
                    throw Invalid($"has the unknown or repeated key {QuotedName.Of(key)}");
            }

            if (!TryTake((byte)',') && Peek() != '}')
            {
                throw Invalid("lacks a comma");
            }
        }

        SkipSpace();
        return _rest.IsEmpty && descr is not null && fortran is { } order && shape is { } dimensions
            ? (descr, order, dimensions)
            : throw Invalid("lacks a key or goes on after its end");
    }

    private string ReadDescr() => Peek() == '['
        ? throw new NpyFormatException(NpzError.StructuredArray, "the array holds records; only plain elements are read")
        : ReadString();

    private bool ReadBoolean()
    {
        SkipSpace();
        bool value = _rest.StartsWith("True"u8);
        if (!value && !_rest.StartsWith("False"u8))
        {
            throw Invalid("has a fortran_order that is neither True nor False");
        }

        _rest = _rest[(value ? 4 : 5)..];
        return value;
    }

    private TensorShape ReadShape()
    {
        Span<long> dimensions = stackalloc long[MaxDimensions];
        int count = 0;
        Expect((byte)'(');
        bool separated = true;
        while (!TryTake((byte)')'))
        {
            if (!separated || count == MaxDimensions)
            {
                throw Invalid($"has a shape that lacks a comma or has more than {MaxDimensions} dimensions");
            }

            dimensions[count++] = ReadDimension();
            separated = TryTake((byte)',');
        }

        if (count == 1 && !separated)
        {
            throw Invalid("has a shape that is a number, not a tuple");
        }

        try
        {
            return new TensorShape(dimensions[..count]);
        }
        catch (OverflowException)
        {
            throw Invalid("has a shape with an impossible number of elements");
        }
    }

    private long ReadDimension()
    {
        SkipSpace();
        int digits = _rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits is < 1 or > 18)
        {
            throw Invalid("has a shape that is no tuple of sizes");
        }

        long value = long.Parse(_rest[..digits], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture);
        _rest = _rest[digits..];
        return value;
    }

    private string ReadString()
    {
        byte quote = Peek() is '\'' or '"' ? _rest[0] : throw Invalid("lacks a string");
        int length = _rest[1..].IndexOf(quote);
        if (length < 0 || _rest.Slice(1, length).Contains((byte)'\\'))
        {
            throw Invalid("has a string without end or with an escape");
        }

        string value = Encoding.Latin1.GetString(_rest.Slice(1, length));
        _rest = _rest[(length + 2)..];
        return value;
    }

    private void Expect(byte character)
    {
        if (!TryTake(character))
        {
            throw Invalid($"lacks '{(char)character}'");
        }
    }

    private bool TryTake(byte character)
    {
        bool found = Peek() == character;
        _rest = _rest[(found ? 1 : 0)..];
        return found;
    }

    private int Peek()
    {
        SkipSpace();
        return _rest.IsEmpty ? -1 : _rest[0];
    }

    private void SkipSpace() => _rest = _rest.TrimStart(" \n"u8);

    private static NpyFormatException Invalid(string fault) => new(NpzError.HeaderInvalid, $"the array's header {fault}");
}
