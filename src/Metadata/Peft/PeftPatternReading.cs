using System.Collections.Immutable;

namespace Transfuse.Metadata.Peft;

/// <summary>
/// What one rule gives a module. PEFT sorts the keys when it saves, so where several keys match, training may have taken another than loading does:
/// the first of <see cref="Ranks"/> and <see cref="Alphas"/> is what the order of the file gives, the others what another order would give.
/// </summary>
/// <param name="Rule">How keys are matched.</param>
/// <param name="Ranks">The ranks, distinct. Any of them goes with any of the alphas.</param>
/// <param name="Alphas">The alphas, distinct.</param>
internal sealed record PeftPatternReading(PeftPatternRule Rule, ImmutableArray<int> Ranks, ImmutableArray<double> Alphas);
