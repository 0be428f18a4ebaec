using Transfuse.Cli;

using var interruption = new Interruption();
var console = new CommandConsole(Console.Out, Console.Error) { IsTerminal = !Console.IsErrorRedirected };
return interruption.ExitCodeOf(CommandLine.Run(args, console, interruption.Token));
