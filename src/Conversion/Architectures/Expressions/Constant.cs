using Transfuse.Conversion.Bases;

namespace Transfuse.Conversion.Architectures.Expressions;

/// <summary>A number of the table.</summary>
internal sealed record Constant(double Value) : Expression
{
    public override double? Evaluate(BaseConfig? config) => Value;

    public override IEnumerable<string> Fields => [];
}
