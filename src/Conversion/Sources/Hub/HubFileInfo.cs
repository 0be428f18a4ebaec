namespace Transfuse.Conversion.Sources.Hub;

/// <summary>What the hub says of a file.</summary>
/// <param name="Commit">The commit that the revision is at.</param>
/// <param name="ETag">What its blob is called: the SHA-256 of a file in LFS, the hash that Git has of any other.</param>
/// <param name="Bytes">Its size; <see langword="null"/> where it is not said.</param>
/// <param name="Location">Where its bytes are.</param>
internal sealed record HubFileInfo(string Commit, string ETag, long? Bytes, Uri Location);
