using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Models.Architectures.Expressions;

/// <summary>A number of the table.</summary>
internal sealed record Constant(double Value) : Expression
{
    public override double? Evaluate(BaseConfig? config) => Value;

    public override IEnumerable<string> Fields => [];
}
