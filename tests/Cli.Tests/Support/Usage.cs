namespace Transfuse.Cli.Tests.Support;

/// <summary>What a run of the command took.</summary>
/// <param name="Result">What it printed.</param>
/// <param name="PeakBytes">Its memory, resident, at the highest, as sampled every other millisecond.</param>
/// <param name="Processor">Its processor time as last sampled.</param>
public sealed record Usage(CommandResult Result, long PeakBytes, TimeSpan Processor);
