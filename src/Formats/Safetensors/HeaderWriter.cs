using System.Buffers;
using System.Globalization;
using System.Text;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Safetensors;

/// <summary>
/// Compact JSON, byte for byte as the reference implementation's serializer (serde_json) writes it:
/// only quotes, backslashes and control characters are escaped. The writer of System.Text.Json escapes more.
/// </summary>
internal sealed class HeaderWriter
{
    private const int Alignment = 8;

    private static readonly SearchValues<byte> Escaped =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(value => (byte)value), (byte)'"', (byte)'\\']);

    private readonly ArrayBufferWriter<byte> _bytes = new(4096);
    private bool _first = true;

    public HeaderWriter() => _bytes.Write("{"u8);

    /// <summary>Bytes so far.</summary>
    public int Length => _bytes.WrittenCount;

    /// <summary>Adds the metadata; keys and values are UTF-8.</summary>
    public void AddMetadata(IEnumerable<KeyValuePair<byte[], byte[]>> metadata)
    {
        AddKey("__metadata__"u8);
        _bytes.Write("{"u8);
        _first = true;
        foreach (KeyValuePair<byte[], byte[]> entry in metadata)
        {
            AddKey(entry.Key);
            AddString(entry.Value);
        }

        _bytes.Write("}"u8);
        _first = false;
    }

    public void AddTensor(ReadOnlySpan<byte> utf8Name, DType dtype, TensorShape shape, long begin, long end)
    {
        AddKey(utf8Name);
        string extents = string.Join(",", shape.Dimensions.Select(extent => extent.ToString(CultureInfo.InvariantCulture)));
        AddAscii(string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"dtype":"{{dtype.SafetensorsName()}}","shape":[{{extents}}],"data_offsets":[{{begin}},{{end}}]}"""));
    }

    /// <summary>Closes the object and pads it with spaces, so that the data begins at a multiple of 8 bytes.</summary>
    public ReadOnlyMemory<byte> Finish()
    {
        _bytes.Write("}"u8);
        int padding = (Alignment - (Length % Alignment)) % Alignment;
        _bytes.Write("       "u8[..padding]);
        return _bytes.WrittenMemory;
    }

    private void AddKey(ReadOnlySpan<byte> utf8)
    {
        if (!_first)
        {
            _bytes.Write(","u8);
        }

        _first = false;
        AddString(utf8);
        _bytes.Write(":"u8);
    }

    private void AddString(ReadOnlySpan<byte> utf8)
    {
        _bytes.Write("\""u8);
        int plain;
        while ((plain = utf8.IndexOfAny(Escaped)) >= 0)
        {
            _bytes.Write(utf8[..plain]);
            AddEscape(utf8[plain]);
            utf8 = utf8[(plain + 1)..];
        }

        _bytes.Write(utf8);
        _bytes.Write("\""u8);
    }

    private void AddEscape(byte value) => AddAscii(value switch
    {
        (byte)'"' => "\\\"",
        (byte)'\\' => @"\\",
        (byte)'\b' => @"\b",
        (byte)'\f' => @"\f",
        (byte)'\n' => @"\n",
        (byte)'\r' => @"\r",
        (byte)'\t' => @"\t",
        _ => $"\\u{value:x4}",
    });

    private void AddAscii(string text) => Encoding.ASCII.GetBytes(text, _bytes);
}
