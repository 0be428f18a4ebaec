using System.Collections.Frozen;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Checking.Readers;

/// <summary>The rules of each reader.</summary>
internal static class ReaderRules
{
    private static readonly FrozenDictionary<string, IReaderRules> ByName = new Dictionary<string, IReaderRules>
    {
        [TargetProfile.MlxLm.Name] = new MlxLmReaderRules(),
        [TargetProfile.MlxSwift.Name] = new MlxSwiftReaderRules(),
        [TargetProfile.MlxVlm.Name] = new MlxVlmReaderRules(),
        [TargetProfile.Unsloth.Name] = new UnslothReaderRules(),
        [TargetProfile.Peft.Name] = new PeftReaderRules(),
        [TargetProfile.Vllm.Name] = new VllmReaderRules(),
        [TargetProfile.Sglang.Name] = new SglangReaderRules(),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The rules of a profile.</summary>
    /// <exception cref="ArgumentException">No single reader has this name.</exception>
    public static IReaderRules Of(TargetProfile reader) =>
        ByName.TryGetValue(reader.Name, out IReaderRules? rules) ? rules : throw new ArgumentException($"'{reader.Name}' is no single reader.", nameof(reader));
}
