using System.Text;

namespace Transfuse.Cli.Output;

/// <summary>Text that is gathered until a line ends.</summary>
internal abstract class GatheringWriter : TextWriter
{
    /// <inheritdoc />
    public override Encoding Encoding { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    protected StringBuilder Gathered { get; } = new();

    /// <inheritdoc />
    public override void Write(char value) => Write([value]);

    /// <inheritdoc />
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc />
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc />
    public override void Write(ReadOnlySpan<char> buffer)
    {
        Gathered.Append(buffer);
        if (buffer.Contains('\n'))
        {
            OnLine();
        }
    }

    /// <inheritdoc />
    public override void WriteLine(string? value) => Write(value + '\n');

    /// <summary>Takes what was gathered, which has at least one whole line.</summary>
    protected abstract void OnLine();
}
