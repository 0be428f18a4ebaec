using System.CommandLine;
using Transfuse.Cli.Commands;
using Transfuse.Cli.Output;
using Transfuse.Formats.Text;

namespace Transfuse.Cli;

/// <summary>The command: parses, runs, and turns exceptions into exit codes.</summary>
internal static class CommandLine
{
    /// <summary>The verbs.</summary>
    internal static readonly ICommand[] Commands =
        [new InspectCommand(), new ConvertCommand(), new RepairCommand(), new CheckCommand(), new VerifyCommand(), new FuseCommand(), new ReportCommand(),
            new BackendsCommand(), new CompletionCommand()];

    /// <summary>The parser with all verbs.</summary>
    public static RootCommand Build(CommandConsole console)
    {
        var root = new RootCommand("Moves LoRA adapters between Hugging Face PEFT and Apple's MLX, exactly, and proves it.");
        foreach (ICommand command in Commands)
        {
            root.Subcommands.Add(ExamplesHelp.AddTo(command.Build(console), command.Examples));
        }

        return root;
    }

    /// <summary>Runs one command line.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(string[] arguments, CommandConsole console, CancellationToken cancellationToken)
    {
        try
        {
            int code = Invoke(arguments, console, cancellationToken);
            console.Out.Flush();
            console.Error.Flush();
            return code;
        }
        catch (Exception failed)
        {
            (int code, string message) = FailureText.Describe(failed);
            console.Error.WriteLine(message);
            return code;
        }
    }

    private static int Invoke(string[] arguments, CommandConsole console, CancellationToken cancellationToken)
    {
        // A folder may be named @ and something: it is no file of further arguments.
        ParseResult parsed = Build(console).Parse(arguments is [] ? ["--help"] : arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        IReadOnlyList<string> wrong = UsageErrors.Of(parsed);
        if (wrong.Count > 0)
        {
            foreach (string message in wrong)
            {
                console.Error.WriteLine($"error: {PrintableText.OneLine(message)}");
            }

            console.Error.WriteLine($"See 'transfuse {Verb(parsed)}--help'.");
            return ExitCodes.Usage;
        }

        var invocation = new InvocationConfiguration
        {
            Output = console.Out,
            Error = console.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        return parsed.InvokeAsync(invocation, cancellationToken).GetAwaiter().GetResult();
    }

    private static string Verb(ParseResult parsed) => parsed.CommandResult.Command is RootCommand ? string.Empty : parsed.CommandResult.Command.Name + " ";
}
