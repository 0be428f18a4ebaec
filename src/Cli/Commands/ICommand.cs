using System.CommandLine;

namespace Transfuse.Cli.Commands;

/// <summary>One verb of the command line.</summary>
internal interface ICommand
{
    /// <summary>Command lines that were run, for help and docs.</summary>
    IReadOnlyList<string> Examples { get; }

    /// <summary>Builds the verb with its options; the action writes to the console given.</summary>
    Command Build(CommandConsole console);
}
