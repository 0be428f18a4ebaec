namespace Transfuse.Cli.Tests.Docs;

/// <summary>A fenced block of a Markdown page.</summary>
/// <param name="Info">What stands after the fence, such as <c>sh not-run</c>.</param>
/// <param name="First">The index of the first line between the fences.</param>
/// <param name="Lines">The lines between the fences.</param>
internal sealed record MarkdownBlock(string Info, int First, IReadOnlyList<string> Lines)
{
    /// <summary>The command lines of a shell block: without blank lines and comments, those that end with a backslash joined with the next.</summary>
    public IEnumerable<string> CommandLines()
    {
        for (int i = 0; i < Lines.Count; i++)
        {
            string line = Lines[i];
            while (line.EndsWith('\\') && i + 1 < Lines.Count)
            {
                line += $"\n{Lines[++i]}";
            }

            if (line.Trim() is { Length: > 0 } text && !text.StartsWith('#'))
            {
                yield return line;
            }
        }
    }

    /// <summary>The commands of a console block, each after <c>$</c>, with the output that is shown below it.</summary>
    public IReadOnlyList<ShownCommand> Commands()
    {
        var commands = new List<ShownCommand>();
        for (int i = 0; i < Lines.Count; i++)
        {
            if (!Lines[i].StartsWith("$ ", StringComparison.Ordinal))
            {
                Assert.True(commands.Count > 0, $"a console block begins with a command, not with '{Lines[i]}'");
                commands[^1].Output.Add(Lines[i]);
                continue;
            }

            string line = Lines[i][2..];
            while (line.EndsWith('\\'))
            {
                line += $"\n{Lines[++i]}";
            }

            commands.Add(new ShownCommand(line, []));
        }

        return commands;
    }
}
