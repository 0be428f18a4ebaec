namespace Transfuse.Metadata.Adapters;

/// <summary>What an adapter says of its base model.</summary>
/// <param name="Id">A repository id or a path, as written.</param>
/// <param name="Revision">The revision, if recorded.</param>
/// <seealso cref="Transfuse.Metadata.Adapters.Adapter" />
public sealed record BaseModelReference(string Id, string? Revision);
