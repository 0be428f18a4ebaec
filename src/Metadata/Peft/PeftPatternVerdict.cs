using System.Collections.Immutable;

namespace Transfuse.Metadata.Peft;

/// <summary>A module's alpha after its patterns were compared with its tensors.</summary>
/// <param name="Path">The module's path.</param>
/// <param name="Rank">The tensors' rank.</param>
/// <param name="Alpha">The alpha; where it is ambiguous the one that PEFT 0.15 to 0.21 takes when it loads the config, if that remains, else the first that
/// remains.</param>
/// <param name="ConfigRank">The rank that the config gives when it is loaded.</param>
/// <param name="Agreement">How sure the alpha is.</param>
/// <param name="Alphas">The alphas that remain, distinct, at most <see cref="MaxAlphas"/> of them; the first is <paramref name="Alpha"/>.</param>
internal sealed record PeftPatternVerdict(string Path, int Rank, double Alpha, int ConfigRank, PeftPatternAgreement Agreement, ImmutableArray<double> Alphas)
{
    /// <summary>How many alphas are listed.</summary>
    public const int MaxAlphas = 8;
}
