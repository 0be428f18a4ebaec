using System.Collections.Immutable;

namespace Transfuse.Conversion.Repair.Editing;

/// <summary>What changed between two texts, as a unified diff with three lines of context.</summary>
internal static class LineDiff
{
    private const int Context = 3;

    // The table of the middle part grows with the product of the lengths.
    private const long MostCells = 4_000_000;

    /// <summary>The diff's lines; none where the texts are equal.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="before">The old lines; empty where there was no file.</param>
    /// <param name="after">The new lines.</param>
    public static ImmutableArray<string> Unified(string name, string[] before, string[] after)
    {
        List<(char Mark, string Text)> script = Script(before, after);
        if (script.TrueForAll(line => line.Mark == ' '))
        {
            return [];
        }

        var lines = ImmutableArray.CreateBuilder<string>();
        lines.Add(before.Length == 0 ? "--- /dev/null" : $"--- a/{name}");
        lines.Add($"+++ b/{name}");
        foreach ((int start, int end) in Hunks(script))
        {
            int oldLine = script.Take(start).Count(line => line.Mark != '+');
            int newLine = script.Take(start).Count(line => line.Mark != '-');
            (char Mark, string Text)[] hunk = [.. script[start..end]];
            int oldCount = hunk.Count(line => line.Mark != '+');
            int newCount = hunk.Count(line => line.Mark != '-');
            lines.Add($"@@ -{(oldCount == 0 ? oldLine : oldLine + 1)},{oldCount} +{(newCount == 0 ? newLine : newLine + 1)},{newCount} @@");
            lines.AddRange(hunk.Select(line => line.Mark + line.Text));
        }

        return lines.ToImmutable();
    }

    private static List<(char Mark, string Text)> Script(string[] before, string[] after)
    {
        int head = 0;
        while (head < before.Length && head < after.Length && before[head] == after[head])
        {
            head++;
        }

        int tail = 0;
        while (tail < before.Length - head && tail < after.Length - head && before[^(tail + 1)] == after[^(tail + 1)])
        {
            tail++;
        }

        return
        [
            .. before[..head].Select(text => (' ', text)),
            .. Middle(before[head..^tail], after[head..^tail]),
            .. before[^tail..].Select(text => (' ', text)),
        ];
    }

    // Longest common subsequence; a text too long for it is replaced as a whole.
    private static List<(char Mark, string Text)> Middle(string[] before, string[] after)
    {
        if ((long)before.Length * after.Length > MostCells)
        {
            return [.. before.Select(text => ('-', text)), .. after.Select(text => ('+', text))];
        }

        int[,] common = new int[before.Length + 1, after.Length + 1];
        for (int i = before.Length - 1; i >= 0; i--)
        {
            for (int j = after.Length - 1; j >= 0; j--)
            {
                common[i, j] = before[i] == after[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        var script = new List<(char Mark, string Text)>();
        int row = 0;
        int column = 0;
        while (row < before.Length || column < after.Length)
        {
            if (row < before.Length && column < after.Length && before[row] == after[column])
            {
                script.Add((' ', before[row++]));
                column++;
            }
            else if (row < before.Length && (column == after.Length || common[row + 1, column] >= common[row, column + 1]))
            {
                script.Add(('-', before[row++]));
            }
            else
            {
                script.Add(('+', after[column++]));
            }
        }

        return script;
    }

    private static IEnumerable<(int Start, int End)> Hunks(List<(char Mark, string Text)> script)
    {
        int[] changed = [.. Enumerable.Range(0, script.Count).Where(index => script[index].Mark != ' ')];
        int start = Math.Max(0, changed[0] - Context);
        for (int i = 0; i < changed.Length; i++)
        {
            bool isLast = i + 1 == changed.Length;
            if (isLast || changed[i + 1] - changed[i] > (2 * Context) + 1)
            {
                yield return (start, Math.Min(script.Count, changed[i] + Context + 1));
                start = isLast ? 0 : changed[i + 1] - Context;
            }
        }
    }
}
