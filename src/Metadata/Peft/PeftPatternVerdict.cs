using System.Collections.Immutable;

namespace Transfuse.Metadata.Peft;

/// <summary>A module's alpha after its patterns were compared with its tensors.</summary>
/// <param name="Path">The module's path.</param>
/// <param name="Rank">The tensors' rank.</param>
/// <param name="Alpha">The alpha; where it is ambiguous the one that PEFT 0.15 to 0.21 takes when it loads the config, if that remains, else the first that remains.</param>
/// <param name="Agreement">How sure it is.</param>
/// <param name="Alphas">All alphas that remain, distinct; the first is <paramref name="Alpha"/>.</param>
/// <param name="Readings">The readings that remain.</param>
public sealed record PeftPatternVerdict(
    string Path,
    int Rank,
    double Alpha,
    PeftPatternAgreement Agreement,
    ImmutableArray<double> Alphas,
    ImmutableArray<PeftPatternReading> Readings);
