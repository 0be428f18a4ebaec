using System.Text.RegularExpressions;

namespace Transfuse.Cli.Tests.Docs;

/// <summary>A command of a page, and what the page shows below it.</summary>
/// <param name="Text">The command line, without its <c>$</c>.</param>
/// <param name="Output">The lines below it. A line <c>...</c> stands for any lines.</param>
internal sealed partial record ShownCommand(string Text, List<string> Output)
{
    private const string Elision = "...";

    /// <summary>Whether the output that is shown is what was printed, but for times, rates and sizes of rounding.</summary>
    public bool Shows(IReadOnlyList<string> printed)
    {
        string[] actual = [.. printed.Select(Normalised)];
        List<List<string>> parts = [[]];
        foreach (string line in Output)
        {
            if (line == Elision)
            {
                parts.Add([]);
            }
            else
            {
                parts[^1].Add(Normalised(line));
            }
        }

        if (parts.Count == 1)
        {
            return actual.SequenceEqual(parts[0]);
        }

        int from = 0, end = actual.Length - parts[^1].Count;
        if (end < parts[0].Count || !StartsWith(actual, 0, parts[0]) || !StartsWith(actual, end, parts[^1]))
        {
            return false;
        }

        from = parts[0].Count;
        foreach (List<string> part in parts[1..^1])
        {
            while (from + part.Count <= end && !StartsWith(actual, from, part))
            {
                from++;
            }

            if (from + part.Count > end)
            {
                return false;
            }

            from += part.Count;
        }

        return true;
    }

    private static bool StartsWith(string[] lines, int at, List<string> part) => lines.Skip(at).Take(part.Count).SequenceEqual(part);

    // Times and rates differ from run to run, and what rounds to next to nothing from one processor to another.
    private static string Normalised(string line) => Tiny().Replace(Time().Replace(line, " # $1"), "#E-#").TrimEnd();

    [GeneratedRegex(@" *\b\d+(?:[.,]\d+)? (ms|s|MB/s|KB/s)\b")]
    private static partial Regex Time();

    [GeneratedRegex(@"\b\d(?:\.\d+)?E-\d+")]
    private static partial Regex Tiny();
}
