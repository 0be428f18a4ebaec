using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Dialects;

/// <summary>What a writer needs to know besides the adapter.</summary>
/// <param name="Profile">The target.</param>
/// <param name="LayerCount">The base's number of layers, if known.</param>
/// <param name="KeysBelow">
/// The module below a layer to which a reader's relative keys are relative too, such as <c>self_attn</c>; else <see langword="null"/>.
/// </param>
/// <param name="IsSameDialect">Whether the source was of the same dialect, so that its config is carried.</param>
internal sealed record WriteContext(TargetProfile Profile, int? LayerCount, string? KeysBelow, bool IsSameDialect);
