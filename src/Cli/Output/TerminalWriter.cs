using Transfuse.Formats.Text;

namespace Transfuse.Cli.Output;

/// <summary>
/// Standard output or standard error, opened when something is first printed. What a terminal would act on, or not show, is escaped, whoever prints it;
/// a reader that went away ends nothing. The escapes are JSON's own, so a report stays the report that it is.
/// </summary>
/// <param name="open">Opens the stream.</param>
/// <param name="mayFail">Whether what cannot be printed is dropped, because there is nowhere to say so.</param>
internal sealed class TerminalWriter(Func<Stream> open, bool mayFail) : GatheringWriter
{
    private Stream? _stream;

    /// <inheritdoc />
    /// <exception cref="IOException">It cannot be printed.</exception>
    public override void Flush()
    {
        if (Gathered.Length > 0)
        {
            OnLine();
        }
    }

    // A line may come in pieces, and a character in two.
    protected override void OnLine()
    {
        byte[] bytes = Encoding.GetBytes(PrintableText.Lines(Gathered.Replace("\r\n", "\n").ToString()));
        Gathered.Clear();
        try
        {
            _stream ??= open();
            _stream.Write(bytes);
            _stream.Flush();
        }
        catch (Exception failed) when (mayFail && failed is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // There is no third place to say it.
        }
        catch (Exception failed) when (failed is UnauthorizedAccessException or ObjectDisposedException)
        {
            throw new IOException($"Standard output cannot be written: {failed.Message}", failed);
        }
    }
}
