using Transfuse.Cli;

using var interruption = new Interruption();
return interruption.ExitCodeOf(CommandLine.Run(args, CommandConsole.Standard(), interruption.Token));
