namespace Transfuse.Attack;

/// <summary>How one run of the command ended.</summary>
/// <param name="Code">Its exit code; 128 and the signal's number when a signal ended it.</param>
/// <param name="Text">What it printed, both streams.</param>
/// <param name="Seconds">Of the clock, so a busy machine counts against it.</param>
/// <param name="Kibibytes">Its resident memory at most.</param>
public sealed record Ending(int Code, string Text, double Seconds, long Kibibytes);
