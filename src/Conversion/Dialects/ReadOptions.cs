namespace Transfuse.Conversion.Dialects;

/// <summary>What decides how an adapter is read.</summary>
/// <param name="Purpose">Whether it stays in its dialect.</param>
internal sealed record ReadOptions(ReadPurpose Purpose);
