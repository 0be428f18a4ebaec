using System.Collections.Immutable;
using Transfuse.Conversion.Readers.MlxLm;
using Transfuse.Conversion.Readers.MlxSwift;
using Transfuse.Conversion.Readers.MlxVlm;
using Transfuse.Conversion.Readers.Peft;
using Transfuse.Conversion.Readers.Sglang;
using Transfuse.Conversion.Readers.Unsloth;
using Transfuse.Conversion.Readers.Vllm;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Readers;

/// <summary>The readers that are known.</summary>
/// <param name="All">The readers.</param>
internal sealed record ReaderRegistry(ImmutableArray<Reader> All)
{
    /// <summary>All that there are, in the order of <see cref="TargetProfile.All"/>.</summary>
    public static ReaderRegistry Default { get; } = new(
        [new MlxLmReader(), new MlxSwiftReader(), new MlxVlmReader(), new UnslothReader(), new PeftReader(), new VllmReader(), new SglangReader()]);

    /// <summary>The reader of a name, or <see langword="null"/>.</summary>
    public Reader? Find(string name) => All.FirstOrDefault(reader => reader.Name == name);

    /// <summary>The reader of a profile.</summary>
    /// <exception cref="ArgumentException">No single reader has this name.</exception>
    public Reader Of(TargetProfile profile) => Find(profile.Name) ?? throw new ArgumentException($"'{profile.Name}' is no single reader.", nameof(profile));

    /// <summary>The readers of a target, which may be an intersection.</summary>
    /// <exception cref="ArgumentException">A name in it is no reader's.</exception>
    public ReaderGroup GroupOf(TargetProfile target) => new(
        target.Name, [.. target.Name.Split(',').Select(name => Find(name) ?? throw new ArgumentException($"'{name}' is no reader.", nameof(target)))]);
}
