namespace Transfuse.Cli.Output;

/// <summary>Text that is given on in whole lines.</summary>
/// <param name="take">Takes some lines with their ends.</param>
internal sealed class LineWriter(Action<string> take) : GatheringWriter
{
    /// <inheritdoc />
    protected override void OnLine()
    {
        string text = Gathered.ToString();
        int end = text.LastIndexOf('\n') + 1;
        Gathered.Clear().Append(text.AsSpan(end));
        take(text[..end]);
    }
}
