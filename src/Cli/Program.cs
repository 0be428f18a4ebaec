using Transfuse.Cli;

using var interrupted = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    interrupted.Cancel();
};
return CommandLine.Run(args, new CommandConsole(Console.Out, Console.Error) { IsTerminal = !Console.IsErrorRedirected }, interrupted.Token);
