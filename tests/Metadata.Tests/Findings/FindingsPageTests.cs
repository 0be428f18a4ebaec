using System.Text.RegularExpressions;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Tests.Findings;

/// <summary>docs/findings.md says what the codes say. With TRANSFUSE_UPDATE_DOCS=1 it is written anew.</summary>
public partial class FindingsPageTests
{
    private static readonly string Repository = Path.GetDirectoryName(Fixtures.Tests)!;
    private static readonly string Page = Path.Combine(Repository, "docs", "findings.md");
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(Fixtures.Tests, "Metadata.Tests", "Findings", "examples.txt"));

    [Fact]
    public void Page_is_up_to_date()
    {
        string expected = FindingsPage.Render(Lines.ToDictionary(Id));
        if (Environment.GetEnvironmentVariable("TRANSFUSE_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(Page, expected);
        }

        Assert.Equal(expected, File.ReadAllText(Page));
    }

    [Fact]
    public void Every_code_that_the_sources_report_has_one_example() => Assert.Equal(Reported(), Lines.Select(Id));

    [Fact]
    public void Examples_are_printed_findings() => Assert.All(Lines, line =>
    {
        FindingCode? code = FindingCodes.Find(Id(line));
        Assert.NotNull(code);
        Assert.Matches(FindingLine(), line);
        Assert.StartsWith($"{FindingsPage.Label(code.Severity)} {code.Id} ", line);
    });

    [Fact]
    public void Labels_are_those_of_printed_findings() => Assert.All(FindingCodes.All, code =>
        Assert.StartsWith(FindingsPage.Label(code.Severity) + " ", code.At("subject", "message").ToString()));

    private static string Id(string line) => line.Split(' ').ElementAtOrDefault(1) ?? string.Empty;

    // Codes that some source outside of their declarations mentions, by their classes or by `using static`; sorted.
    private static string[] Reported()
    {
        string sources = Path.Combine(Repository, "src");
        var mentioned = new HashSet<string>(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(sources, "*.cs", SearchOption.AllDirectories))
        {
            string[] folders = Path.GetRelativePath(sources, file).Split(Path.DirectorySeparatorChar);
            if (folders is ["Metadata", "Findings", ..] || folders.Contains("obj") || folders.Contains("bin"))
            {
                continue;
            }

            string text = File.ReadAllText(file);
            mentioned.UnionWith(Mention().Matches(text).Select(match => match.Value));
            foreach (string codes in StaticUsing().Matches(text).Select(match => match.Groups[1].Value))
            {
                mentioned.UnionWith(Word().Matches(text).Select(match => $"{codes}.{match.Value}"));
            }
        }

        return
        [
            .. typeof(FindingCode).Assembly.GetTypes()
                .SelectMany(type => type.GetProperties())
                .Where(property => property.PropertyType == typeof(FindingCode) && mentioned.Contains($"{property.DeclaringType!.Name}.{property.Name}"))
                .Select(property => ((FindingCode)property.GetValue(null)!).Id)
                .Order(StringComparer.Ordinal),
        ];
    }

    [GeneratedRegex(@"^(error|warning|info) TF[1-7][0-9]{3} [^:].*: \S.*$")]
    private static partial Regex FindingLine();

    [GeneratedRegex(@"\b[A-Z]\w*Codes\.\w+\b")]
    private static partial Regex Mention();

    [GeneratedRegex(@"using static [\w.]+\.(\w+Codes);")]
    private static partial Regex StaticUsing();

    [GeneratedRegex(@"\b[A-Z]\w+\b")]
    private static partial Regex Word();
}
