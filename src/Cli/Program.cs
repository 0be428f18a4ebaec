using Transfuse.Cli;

using var interruption = new Interruption();
return interruption.ExitCodeOf(CommandLine.Run(args, new CommandConsole(Console.Out, Console.Error), interruption.Token));
