using System.Text.Json.Serialization;

namespace Transfuse.Conversion.Sources.Hub;

/// <summary>A file of a repository.</summary>
/// <param name="Name">Its path.</param>
internal sealed record HubSibling([property: JsonPropertyName("rfilename")] string? Name);
