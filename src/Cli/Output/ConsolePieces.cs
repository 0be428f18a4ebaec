using System.Text;

namespace Transfuse.Cli.Output;

/// <summary>A report on standard output: it has no characters beyond ASCII.</summary>
internal sealed class ConsolePieces(CommandConsole console) : PieceWriter
{
    /// <inheritdoc />
    protected override void HandOn(ReadOnlySpan<byte> piece) => console.Out.Write(Encoding.ASCII.GetString(piece));
}
