using System.Collections.Immutable;

namespace Transfuse.Conversion.Models.Architectures.Rules;

/// <summary>The same two-dimensional tensors under another path, or under the same one with a peculiarity.</summary>
internal sealed record RenameRule : Rule
{
    public required PathPattern Target { get; init; }

    /// <summary>
    /// Where the Hugging Face module holds a raw two-dimensional <c>weight</c> instead of being a linear layer; <see langword="null"/> for nowhere.
    /// </summary>
    public Runtime? Parameter { get; init; }

    /// <summary>Whether the Hugging Face weight lies as (in, out), as in GPT-2's Conv1D; the factors do not.</summary>
    public bool Transposed { get; init; }

    public override ImmutableArray<RuleTarget> Targets => [new RuleTarget(Target)];
}
