namespace Transfuse.Conversion.Batch.Journal;

/// <summary>A part of a merged report.</summary>
/// <param name="Shard">Which, as <c>2/8</c>; <see langword="null"/> where the batch was not divided.</param>
/// <param name="Inputs">How many inputs it had.</param>
/// <param name="Ended">Of how many a journal tells what came of them.</param>
/// <seealso cref="Transfuse.Conversion.Batch.Journal.MergedReport" />
public sealed record MergedShard(string? Shard, int Inputs, int Ended);
