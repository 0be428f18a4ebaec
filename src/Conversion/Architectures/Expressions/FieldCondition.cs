using Transfuse.Conversion.Bases;

namespace Transfuse.Conversion.Architectures.Expressions;

/// <summary>A field of config.json compared with a number; true counts as 1, false as 0.</summary>
internal sealed record FieldCondition(string Field, Comparison Comparison, double Value) : Condition
{
    public override bool? Holds(BaseConfig? config, int? layer)
    {
        if (config is null)
        {
            return null;
        }

        if (Comparison == Comparison.Present)
        {
            return config.Contains(Field);
        }

        double? actual = config.GetNumber(Field) ?? (config.GetBoolean(Field) is bool flag ? (flag ? 1 : 0) : null);
        return (Comparison, actual) switch
        {
            (_, null) => null,
            (Comparison.Equal, double number) => number == Value,
            (Comparison.Greater, double number) => number > Value,
            (_, double number) => number >= Value,
        };
    }
}
