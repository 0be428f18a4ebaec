using System.Text.Json.Serialization;

namespace Transfuse.Conversion.Sources.Hub;

/// <summary>The form of the hub's answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HubListing))]
internal sealed partial class HubJson : JsonSerializerContext;
