namespace Transfuse.Cli.Commands;

/// <summary>The inputs that failed: the first names, and how many.</summary>
internal sealed class FailureList
{
    /// <summary>The first that failed.</summary>
    public string? First { get; private set; }

    /// <summary>How many failed.</summary>
    public int Count { get; private set; }

    public int FirstCode { get; private set; } = ExitCodes.Done;

    public void Add(string input, int code)
    {
        if (Count++ == 0)
        {
            (First, FirstCode) = (input, code);
        }
    }
}
