using System.CommandLine;
using Transfuse.Cli.Commands;
using Transfuse.Formats.Tensors;

namespace Transfuse.Cli;

/// <summary>The command: parses, runs, and turns exceptions into exit codes.</summary>
internal static class CommandLine
{
    /// <summary>The verbs.</summary>
    internal static readonly ICommand[] Commands = [new InspectCommand(), new ConvertCommand(), new RepairCommand(), new CheckCommand(), new VerifyCommand(), new FuseCommand()];

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
        ParseResult parsed = Build(console).Parse(arguments is [] ? ["--help"] : arguments);
        IReadOnlyList<string> wrong = UsageErrors.Of(parsed);
        if (wrong.Count > 0)
        {
            foreach (string message in wrong)
            {
                console.Error.WriteLine($"error: {message}");
            }

            console.Error.WriteLine($"See 'transfuse {Verb(parsed)}--help'.");
            return ExitCodes.Usage;
        }

        try
        {
            var invocation = new InvocationConfiguration
            {
                Output = console.Out,
                Error = console.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return parsed.InvokeAsync(invocation, cancellationToken).GetAwaiter().GetResult();
        }
        catch (UsageException misused)
        {
            console.Error.WriteLine($"error: {misused.Message}");
            return ExitCodes.Usage;
        }
        catch (OperationCanceledException)
        {
            console.Error.WriteLine("interrupted; what was not complete was not written");
            return ExitCodes.Interrupted;
        }
        catch (TensorTooLargeException large)
        {
            console.Error.WriteLine($"error: {large.Message}");
            return ExitCodes.Refused;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            console.Error.WriteLine($"error: {failed.Message}");
            return ExitCodes.InputOutput;
        }
    }

    private static string Verb(ParseResult parsed) => parsed.CommandResult.Command is RootCommand ? string.Empty : parsed.CommandResult.Command.Name + " ";
}
