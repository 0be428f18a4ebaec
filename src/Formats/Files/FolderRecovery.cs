namespace Transfuse.Formats.Files;

/// <summary>What was done about something that an interrupted run had left.</summary>
/// <param name="Path">The hidden folder that it had left.</param>
/// <param name="Outcome">What was done.</param>
/// <example>
/// <code>
/// foreach (FolderRecovery recovery in sink.Recoveries)
/// {
///     Console.WriteLine($"{recovery.Outcome}");            // what an interrupted run had left
/// }
/// </code>
/// </example>
public sealed record FolderRecovery(string Path, RecoveryOutcome Outcome);
