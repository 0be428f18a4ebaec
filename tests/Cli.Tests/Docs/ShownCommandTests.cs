using System.CommandLine;
using System.Text.RegularExpressions;
using Transfuse.Metadata.Findings;

namespace Transfuse.Cli.Tests.Docs;

/// <summary>
/// Every command that README and docs show is run, and its output is what they show. With TRANSFUSE_UPDATE_DOCS=1 the outputs are written anew.
/// </summary>
public partial class ShownCommandTests
{
    private const string Shown = "console", Run = "sh", NotRun = "sh not-run", NotShown = "console not-run";
    private static readonly string[] Kinds = [Shown, Run, NotRun, NotShown, "csharp", "json", "yaml", string.Empty];

    /// <summary>What needs more than a machine with the SDK, or takes too long: a network, a scheduler, MLX, a compiler of machine code, a place to install to.</summary>
    private static readonly string[] KnownNotRun =
    [
        "README.md: eng/pack.sh artifacts/packages",
        "README.md: dotnet tool install --global Transfuse --add-source artifacts/packages",
        "README.md: dotnet publish src/Cli -c Release -r linux-x64 -o bin   # or osx-arm64, win-x64, each on its own system",
        "README.md: bin/transfuse --version",
        "README.md: dotnet test --solution Conversion.sln -c Release",
        "CONTRIBUTING.md: dotnet build tests/Cli.Tests -c Release",
        "CONTRIBUTING.md: TRANSFUSE_UPDATE_DOCS=1 dotnet test --project tests/Cli.Tests -c Release --no-build",
        "docs/batch.md: transfuse convert hf:owner/name@v1.0/style --to mlx-lm --output style-mlx",
        "docs/clusters.md: sbatch --array=1-8 deploy/slurm/transfuse-array.sh 'runs/**' mlx-lm converted",
        "docs/clusters.md: transfuse report --merge converted",
        "docs/cuda.md: transfuse backends",
        "docs/metal.md: brew install mlx-c",
        "docs/metal.md: transfuse backends",
        "docs/metal.md: transfuse backends",
    ];

    public static TheoryData<string> PagesWith(string kind) => [.. MarkdownPage.All().Where(page => page.Blocks.Any(block => block.Info == kind)).Select(page => page.Name)];

    [Theory]
    [MemberData(nameof(PagesWith), Shown)]
    public void Prints_what_is_shown(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no bash");
        var page = MarkdownPage.Read(name);
        using var folder = new ExampleFolder();
        using var shell = new ExampleShell(folder.Path);
        var anew = new Dictionary<MarkdownBlock, List<string>>();
        var wrong = new List<string>();
        foreach (MarkdownBlock block in page.Blocks.Where(block => block.Info == Shown))
        {
            IReadOnlyList<ShownCommand> commands = block.Commands();
            IReadOnlyList<ShellOutput> outputs = shell.Run([.. commands.Select(command => command.Text)]);
            List<string> lines = [];
            foreach ((ShownCommand command, ShellOutput output) in commands.Zip(outputs))
            {
                bool shows = command.Shows(output.Lines);
                lines.AddRange([.. $"$ {command.Text}".Split('\n'), .. shows ? command.Output : output.Lines]);
                if (!shows)
                {
                    wrong.Add($"{name}:{block.First}: $ {command.Text}\nprints\n{string.Join('\n', output.Lines)}\nand not\n{string.Join('\n', command.Output)}");
                    anew[block] = lines;
                }
            }
        }

        if (Environment.GetEnvironmentVariable("TRANSFUSE_UPDATE_DOCS") == "1" && anew.Count > 0)
        {
            page.Write(anew);
            wrong.Clear();
        }

        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong));
    }

    /// <summary>Each block in a folder of its own; what a line writes is not there before it.</summary>
    [Theory]
    [MemberData(nameof(PagesWith), Run)]
    public void Succeeds(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no bash");
        foreach (MarkdownBlock block in MarkdownPage.Read(name).Blocks.Where(block => block.Info == Run))
        {
            using var folder = new ExampleFolder();
            using var shell = new ExampleShell(folder.Path);
            string[] lines = [.. block.CommandLines()];
            IReadOnlyList<ShellOutput> outputs = shell.Run([.. lines.SelectMany(line => new[] { Clearing(line), line })]);
            foreach ((string line, ShellOutput output) in lines.Zip(outputs.Where((_, index) => index % 2 == 1)))
            {
                Assert.True(output.ExitCode == 0, $"{name}:{block.First}: {line}\nexit code {output.ExitCode}\n{string.Join('\n', output.Lines)}");
            }
        }
    }

    [Fact]
    public void What_is_not_run_is_listed_here() => Assert.Equal(
        KnownNotRun,
        MarkdownPage.All().SelectMany(
            page => page.Blocks.Where(block => block.Info is NotRun or NotShown).SelectMany(
                block => (block.Info == NotRun ? block.CommandLines() : block.Commands().Select(command => command.Text)).Select(line => $"{page.Name}: {line}"))));

    [Fact]
    public void Every_command_stands_in_a_block_whose_kind_says_what_is_done_with_it()
    {
        int shown = 0, run = 0;
        foreach (MarkdownPage page in MarkdownPage.All())
        {
            foreach (MarkdownBlock block in page.Blocks)
            {
                Assert.True(Kinds.Contains(block.Info), $"{page.Name}:{block.First}: '{block.Info}' is no kind of block");
                shown += block.Info == Shown ? block.Commands().Count : 0;
                run += block.Info == Run ? block.CommandLines().Count() : 0;
                Assert.DoesNotContain(block.Lines, line => block.Info.Length == 0 && Prompt().IsMatch(line));

                // What was written anew while the command failed of itself.
                Assert.DoesNotContain(block.Lines, line => line.StartsWith("internal error", StringComparison.Ordinal));
            }
        }

        Assert.True(shown >= 25, $"{shown} commands are shown with their output");
        Assert.True(run >= 30, $"{run} commands are run");
    }

    [Fact]
    public void Verbs_and_options_within_sentences_exist()
    {
        RootCommand root = CommandLine.Build(new CommandConsole(TextWriter.Null, TextWriter.Null));
        int seen = 0;
        foreach (MarkdownPage page in MarkdownPage.All())
        {
            foreach (string[] words in page.Spans.Where(span => span.StartsWith("transfuse ", StringComparison.Ordinal)).Select(span => span.Split(' ')))
            {
                if (words[1].StartsWith('-'))
                {
                    continue;
                }

                System.CommandLine.Command? verb = root.Subcommands.SingleOrDefault(command => command.Name == words[1]);
                Assert.True(verb is not null, $"{page.Name}: {string.Join(' ', words)}");
                foreach (string option in words.Where(word => word.StartsWith('-') && word.Length > 1).Select(word => word.Split('=')[0]))
                {
                    Assert.True(verb.Options.Any(known => known.Name == option || known.Aliases.Contains(option)), $"{page.Name}: {string.Join(' ', words)}: {option}");
                }

                seen++;
            }
        }

        Assert.True(seen >= 20, $"{seen} commands within sentences");
    }

    [Fact]
    public void Codes_within_pages_exist()
    {
        int seen = 0;
        foreach (MarkdownPage page in MarkdownPage.All().Where(page => page.Name != "docs/findings.md"))
        {
            foreach (string code in page.Lines.SelectMany(line => Code().Matches(line)).Select(match => match.Value).Distinct())
            {
                Assert.True(FindingCodes.Find(code) is not null, $"{page.Name}: there is no {code}");
                seen++;
            }
        }

        Assert.True(seen >= 100, $"{seen} codes");
    }

    private static string Clearing(string line) => string.Join(
        "; ", Output().Matches(line).Select(match => $"rm -rf {match.Groups[1].Value}").DefaultIfEmpty(":"));

    [GeneratedRegex(@"\bTF\d{4}\b")]
    private static partial Regex Code();

    [GeneratedRegex(@"^\s*(\$ |transfuse )")]
    private static partial Regex Prompt();

    // Names below the folder alone: no absolute path, no way up.
    [GeneratedRegex(@" (?:--output|-o|--save|--report) ([\w][\w/-]*(?:\.\w+)?)(?=\s|$)")]
    private static partial Regex Output();
}
