using System.Text.Json;
using Transfuse.Formats.Text;

namespace Transfuse.Formats.Tests.Text;

public class PrintableTextTests
{
    [Theory]
    [InlineData("model.layers.0.q_proj", "model.layers.0.q_proj")]
    [InlineData("größe 模型 \U0001F680", "größe 模型 \U0001F680")]
    [InlineData("a\u202Egnp.exe", "a\\u202egnp.exe")]
    [InlineData("a\u2066b\u2069", "a\\u2066b\\u2069")]
    [InlineData("zero\u200Bwidth\u200D\uFEFF", "zero\\u200bwidth\\u200d\\ufeff")]
    [InlineData("\u001b[31mred\u007f", "\\u001b[31mred\\u007f")]
    [InlineData("c1\u009b2J", "c1\\u009b2J")]
    [InlineData("line\nbreak\r\t", "line\\u000abreak\\u000d\\u0009")]
    [InlineData("next\u0085line\u2028and\u2029paragraph", "next\\u0085line\\u2028and\\u2029paragraph")]
    [InlineData("soft\u00ADhyphen\u3164filler\u115F\u2800", "soft\\u00adhyphen\\u3164filler\\u115f\\u2800")]
    [InlineData("tag\U000E0041 variation\uFE0F", "tag\\udb40\\udc41 variation\\ufe0f")]
    public void What_steers_or_hides_is_escaped(string text, string expected) => Assert.Equal(expected, PrintableText.OneLine(text));

    [Fact]
    public void Halves_of_surrogate_pairs_are_escaped()
    {
        Assert.Equal("a\\ud83db", PrintableText.OneLine("a\ud83db"));
        Assert.Equal("a\\ude80", PrintableText.OneLine("a\ude80"));
        Assert.Equal("\\ud83d", PrintableText.OneLine("\ud83d"));
    }

    [Fact]
    public void Lines_keep_their_line_feeds_and_nothing_else() => Assert.Equal("a\nb\\u000d\\u202e\n", PrintableText.Lines("a\nb\r\u202e\n"));

    // Every character, alone and within a JSON string: nothing unseen is left, and the JSON stays the same value.
    [Fact]
    public void Every_character_is_visible_afterwards_and_json_stays_the_same()
    {
        int escaped = 0;
        for (int code = 0; code <= 0x10FFFF; code++)
        {
            if (code is >= 0xD800 and <= 0xDFFF)
            {
                continue;
            }

            string text = char.ConvertFromUtf32(code);
            string printable = PrintableText.OneLine(text);
            if (printable == text)
            {
                Assert.False(
                    code < 0x20 || code is >= 0x7F and < 0xA0 or >= 0x200B and <= 0x200F or >= 0x202A and <= 0x202E or >= 0x2060 and <= 0x206F or 0xFEFF,
                    $"U+{code:X4}");
                continue;
            }

            escaped++;
            Assert.All(printable, unit => Assert.InRange(unit, ' ', '~'));
            Assert.Equal(text, JsonSerializer.Deserialize<string>($"\"{printable}\""));
        }

        Assert.InRange(escaped, 4096, 5000);
    }
}
