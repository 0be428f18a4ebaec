using System.Text.RegularExpressions;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Docs;

/// <summary>A page of the documentation: its fenced blocks, and the code within its sentences.</summary>
internal sealed partial class MarkdownPage
{
    private readonly string _path;

    private MarkdownPage(string path)
    {
        _path = path;
        Name = Path.GetRelativePath(Fixtures.RepositoryRoot, path).Replace('\\', '/');
        Lines = File.ReadAllLines(path);
        var blocks = new List<MarkdownBlock>();
        var spans = new List<string>();
        for (int i = 0; i < Lines.Count; i++)
        {
            if (!Lines[i].TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                spans.AddRange(Span().Matches(Lines[i]).Select(match => match.Groups[1].Value));
                continue;
            }

            int close = i + 1;
            while (close < Lines.Count && Lines[close].TrimStart() != "```")
            {
                close++;
            }

            Assert.True(close < Lines.Count, $"{Name}:{i + 1}: the fence is not closed");
            blocks.Add(new MarkdownBlock(Lines[i].Trim()[3..], i + 1, [.. Lines.Skip(i + 1).Take(close - i - 1)]));
            i = close;
        }

        (Blocks, Spans) = (blocks, spans);
    }

    /// <summary>Below the repository's root, such as <c>docs/batch.md</c>.</summary>
    public string Name { get; }

    public IReadOnlyList<string> Lines { get; }

    public IReadOnlyList<MarkdownBlock> Blocks { get; }

    /// <summary>What stands between backticks outside the blocks.</summary>
    public IReadOnlyList<string> Spans { get; }

    /// <summary>The README, what stands beside it, and all of docs.</summary>
    public static IEnumerable<MarkdownPage> All() =>
        new[] { "README.md", "CONTRIBUTING.md", "SECURITY.md" }.Select(name => Path.Combine(Fixtures.RepositoryRoot, name))
            .Concat(Directory.EnumerateFiles(Path.Combine(Fixtures.RepositoryRoot, "docs"), "*.md").Order(StringComparer.Ordinal))
            .Select(path => new MarkdownPage(path));

    public static MarkdownPage Read(string name) => new(Path.Combine(Fixtures.RepositoryRoot, name));

    /// <summary>Writes the page with other lines in some of its blocks.</summary>
    public void Write(IReadOnlyDictionary<MarkdownBlock, List<string>> replaced)
    {
        List<string> lines = [.. Lines];
        foreach ((MarkdownBlock block, List<string> content) in replaced.OrderByDescending(pair => pair.Key.First))
        {
            lines.RemoveRange(block.First, block.Lines.Count);
            lines.InsertRange(block.First, content);
        }

        File.WriteAllText(_path, string.Join('\n', lines) + "\n");
    }

    [GeneratedRegex("(?<!`)`([^`]+)`(?!`)")]
    private static partial Regex Span();
}
