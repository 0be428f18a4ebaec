namespace Transfuse.Conversion.Batch.Journal;

/// <summary>A file as it was.</summary>
/// <param name="Name">Its name, with the sub-folder's before a slash where it lies in one.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Modified">When it was last changed, in ticks of 100 ns since the year 1, UTC.</param>
/// <param name="Hash">What it held: <c>xxh128:</c> and 32 hexadecimal digits, as <c>xxhsum -H2</c> prints them.</param>
/// <seealso cref="Transfuse.Conversion.Batch.BatchTask" />
public sealed record FileStamp(string Name, long Bytes, long Modified, string Hash);
