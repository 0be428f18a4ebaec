using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>What was found for the paths of one architecture with one base's config; it lives as long as the config does.</summary>
internal sealed class MappingMemo
{
    // More targets than this are those of experts, one by one, and there are as many as a config claims. What is refused is told once, in many words.
    private const int MostTargets = 16;

    private static readonly ConditionalWeakTable<BaseConfig, ConcurrentDictionary<Architecture, MappingMemo>> Memos = [];

    // Without a base: that of the architecture that was asked for last, so that a process that lives long keeps one and not one for each.
    private static volatile Tuple<Architecture, MappingMemo>? _latest;

    private readonly PathMemo<MlxMapping> _toMlx = new();
    private readonly PathMemo<HfMapping>[] _toHuggingFace = [.. Enum.GetValues<HfLayout>().Select(_ => new PathMemo<HfMapping>())];

    /// <summary>That of an architecture and a config.</summary>
    public static MappingMemo Of(Architecture architecture, BaseConfig? config) =>
        config is null ? Latest(architecture)
            : Memos.GetOrAdd(config, _ => new ConcurrentDictionary<Architecture, MappingMemo>(ReferenceEqualityComparer.Instance))
                .GetOrAdd(architecture, _ => new MappingMemo());

    public MlxMapping ToMlx(string path, Func<string, MlxMapping> map) =>
        _toMlx.Of(path, map, found => found.Finding is null && found.Targets.Length <= MostTargets);

    public HfMapping ToHuggingFace(string path, HfLayout layout, Func<string, HfMapping> map) =>
        _toHuggingFace[(int)layout].Of(path, map, found => found.Finding is null && found.Partners.Length <= MostTargets);

    private static MappingMemo Latest(Architecture architecture)
    {
        if (_latest is not { } latest || !ReferenceEquals(latest.Item1, architecture))
        {
            latest = Tuple.Create(architecture, new MappingMemo());
            _latest = latest;
        }

        return latest.Item2;
    }
}
