using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Models.Architectures.Expressions;

/// <summary>A field of config.json; <c>ssm_multipliers.2</c> is an element of a list.</summary>
internal sealed record ConfigField(string Name) : Expression
{
    public override double? Evaluate(BaseConfig? config) => config?.GetNumber(Name);

    public override IEnumerable<string> Fields => [Name];
}
