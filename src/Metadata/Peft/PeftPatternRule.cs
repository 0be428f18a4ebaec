namespace Transfuse.Metadata.Peft;

/// <summary>
/// How PEFT finds a module's entry in <c>rank_pattern</c> and <c>alpha_pattern</c>. In all of them the first key that matches counts, and a key that is the
/// module's path counts where none matches.
/// </summary>
internal enum PeftPatternRule
{
    /// <summary>PEFT 0.15 and later: a key matches the whole path or the end of it after a dot; ranks and alphas are looked up on their own.</summary>
    Current,

    /// <summary>PEFT 0.14: a key matches only after a dot, so <c>^</c> never does; ranks and alphas are looked up on their own.</summary>
    AfterDot,

    /// <summary>
    /// PEFT 0.6 to 0.13: a key matches only after a dot, and the first key that matches, of the ranks and then of the alphas, is looked up in both.
    /// </summary>
    SharedKey,
}
