using System.Collections.Immutable;

namespace Transfuse.Conversion.Sources.Hub;

/// <summary>What the hub says of a revision of a repository.</summary>
/// <param name="Sha">The commit.</param>
/// <param name="Siblings">Its files.</param>
internal sealed record HubListing(string? Sha, ImmutableArray<HubSibling>? Siblings);
