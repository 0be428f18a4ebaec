using System.Collections.Immutable;
using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Models.Architectures.Expressions;

/// <summary>Operands joined from left to right.</summary>
internal sealed record Operation(Operator Operator, ImmutableArray<Expression> Operands) : Expression
{
    public override double? Evaluate(BaseConfig? config)
    {
        double? result = Operands[0].Evaluate(config);
        foreach (Expression operand in Operands.AsSpan()[1..])
        {
            result = (Operator, result, operand.Evaluate(config)) switch
            {
                (_, null, _) or (_, _, null) => null,
                (Operator.Add, double left, double right) => left + right,
                (Operator.Subtract, double left, double right) => left - right,
                (Operator.Multiply, double left, double right) => left * right,
                (Operator.Divide, double left, double right) when right != 0 => left / right,
                _ => null,
            };
        }

        return result;
    }

    public override IEnumerable<string> Fields => Operands.SelectMany(operand => operand.Fields);
}
