using Transfuse.Cli;

CommandConsole console = CommandConsole.Standard();
using var interruption = new Interruption();
return interruption.ExitCodeOf(CommandLine.Run(args, console, interruption.Token));
