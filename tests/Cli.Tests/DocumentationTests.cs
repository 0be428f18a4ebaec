using System.CommandLine;
using System.Text;
using Transfuse.Cli.Commands;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests;

/// <summary>docs/cli.md says what the parser knows. With TRANSFUSE_UPDATE_DOCS=1 it is written anew.</summary>
public class DocumentationTests
{
    private static readonly string Page = Path.Combine(Fixtures.RepositoryRoot, "docs", "cli.md");

    [Fact]
    public void Command_line_page_is_up_to_date()
    {
        string expected = Render();
        if (Environment.GetEnvironmentVariable("TRANSFUSE_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(Page, expected);
        }

        Assert.Equal(expected, File.ReadAllText(Page));
    }

    [Fact]
    public void Every_verb_has_its_report_described()
    {
        string reports = File.ReadAllText(Path.Combine(Fixtures.RepositoryRoot, "docs", "reports.md"));
        RootCommand root = CommandLine.Build(new CommandConsole(TextWriter.Null, TextWriter.Null));
        Command[] reporting = [.. root.Subcommands.Where(command => command.Options.Any(option => option.Name == "--json"))];
        Assert.Equal(root.Subcommands.Count - 1, reporting.Length);
        Assert.All(reporting, command => Assert.Contains($"| `transfuse.{command.Name}/1` |", reports));
    }

    private static string Render()
    {
        RootCommand root = CommandLine.Build(new CommandConsole(TextWriter.Null, TextWriter.Null));
        var page = new StringBuilder("""
            # The command line

            This page is generated from the parser; a test keeps both in step.

            Results go to standard output, messages to standard error. Findings are explained in [findings.md](findings.md), JSON reports in [reports.md](reports.md).

            | exit code | meaning |
            | --- | --- |
            | 0 | done |
            | 1 | refused: an error finding; nothing was written |
            | 2 | wrong usage |
            | 3 | could not read or write |
            | 4 | one or more of several inputs failed |
            | 5 | verify found a difference |
            | 70 | a fault of the command itself; the line says what to report |
            | 130, 143, 129 | interrupted by Ctrl+C, by SIGTERM, or by SIGHUP; an output is complete or not there |

            """);
        foreach (ICommand verb in CommandLine.Commands)
        {
            System.CommandLine.Command command = root.Subcommands.Single(
                candidate => candidate.Name == verb.Build(new CommandConsole(TextWriter.Null, TextWriter.Null)).Name);
            string arguments = string.Join(
                ' ', command.Arguments.Select(argument => argument.Arity.MaximumNumberOfValues > 1 ? $"{argument.Name}..." : argument.Name));
            page.Append(
                $"\n## transfuse {command.Name} {arguments}\n\n{command.Description}\n\n```sh\n{string.Join('\n', verb.Examples)}\n```\n\n| option | meaning "
                + "|\n| --- | --- |\n");
            foreach (Argument argument in command.Arguments)
            {
                page.Append($"| `{argument.Name}` | {argument.Description} |\n");
            }

            foreach (Option option in command.Options.Where(option => option.Name != "--help"))
            {
                string names = string.Join(
                    ", ", option.Aliases.Append(option.Name).Select(name => $"`{name}{(option.HelpName is null ? string.Empty : " " + option.HelpName)}`"));
                page.Append($"| {names.Replace("|", "\\|")} | {option.Description}{(option.Required ? " Required." : string.Empty)} |\n");
            }
        }

        return page.ToString();
    }
}
