using System.Text;

namespace Transfuse.Cli.Output;

/// <summary>Text that is given on in whole lines.</summary>
/// <param name="take">Takes some lines with their ends.</param>
internal sealed class LineWriter(Action<string> take) : TextWriter
{
    private readonly StringBuilder _line = new();

    /// <inheritdoc />
    public override Encoding Encoding { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <inheritdoc />
    public override void Write(char value) => Write([value]);

    /// <inheritdoc />
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc />
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc />
    public override void Write(ReadOnlySpan<char> buffer)
    {
        _line.Append(buffer);
        if (buffer.Contains('\n'))
        {
            string text = _line.ToString();
            int end = text.LastIndexOf('\n') + 1;
            _line.Clear().Append(text.AsSpan(end));
            take(text[..end]);
        }
    }

    /// <inheritdoc />
    public override void WriteLine(string? value) => Write(value + '\n');
}
