using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Models.Architectures.Expressions;

/// <summary>A field of config.json compared with a number; true counts as 1, false as 0.</summary>
/// <param name="Field">The field.</param>
/// <param name="Comparison">How it is compared.</param>
/// <param name="Value">With what.</param>
/// <param name="Default">What transformers and mlx-lm both take where a config.json lacks the field; <see langword="null"/> where they do not agree.</param>
internal sealed record FieldCondition(string Field, Comparison Comparison, double Value, double? Default) : Condition
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

        double? actual = config.GetNumber(Field) ?? (config.GetBoolean(Field) is bool flag ? (flag ? 1 : 0) : config.Contains(Field) ? null : Default);
        return (Comparison, actual) switch
        {
            (_, null) => null,
            (Comparison.Equal, double number) => number == Value,
            (Comparison.Greater, double number) => number > Value,
            (_, double number) => number >= Value,
        };
    }

    public override IEnumerable<string> Fields => [Field];
}
