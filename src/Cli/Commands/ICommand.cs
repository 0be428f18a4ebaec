using System.CommandLine;

namespace Transfuse.Cli.Commands;

/// <summary>One verb of the command line.</summary>
internal interface ICommand
{
    /// <summary>Builds the verb with its options; the action writes to the console given.</summary>
    Command Build(CommandConsole console);
}
