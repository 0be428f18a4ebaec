namespace Transfuse.Conversion.Models.Architectures.Rules;

/// <summary>One MLX module of a rule, and the rows of the Hugging Face tensor that belong to it.</summary>
internal sealed record RuleTarget(PathPattern Path, RowSelector Rows)
{
    /// <summary>A module that all rows belong to.</summary>
    public RuleTarget(PathPattern path)
        : this(path, RowSelector.All)
    {
    }
}
