using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Dialects;

/// <summary>What a writer needs to know besides the adapter.</summary>
/// <param name="Profile">The target.</param>
/// <param name="LayerCount">The base's number of layers, if known.</param>
/// <param name="AllModulePaths">The paths of every module of the base that could be adapted, if known; suffixes are written only where they match none but the adapter's.</param>
/// <param name="KeysBelow">The module below a layer to which a reader's relative keys are relative too, such as <c>self_attn</c>; else <see langword="null"/>.</param>
/// <param name="IsSameDialect">Whether the source was of the same dialect, so that its config is carried.</param>
internal sealed record WriteContext(TargetProfile Profile, int? LayerCount, IReadOnlyCollection<string>? AllModulePaths, string? KeysBelow, bool IsSameDialect);
