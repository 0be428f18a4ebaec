using System.Text;
using Transfuse.Formats.Files;

namespace Transfuse.Formats.Tests.Files;

public class Crc32Tests
{
    /// <summary>Values of the catalogue of CRC algorithms (CRC-32/ISO-HDLC).</summary>
    [Theory]
    [InlineData("", 0u)]
    [InlineData("123456789", 0xCBF43926u)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0x414FA339u)]
    public void Has_the_published_values(string text, uint expected)
    {
        var whole = default(Crc32);
        whole.Append(Encoding.ASCII.GetBytes(text));
        var parts = default(Crc32);
        foreach (byte value in Encoding.ASCII.GetBytes(text))
        {
            parts.Append([value]);
        }

        Assert.Equal(expected, whole.Value);
        Assert.Equal(expected, parts.Value);
    }
}
