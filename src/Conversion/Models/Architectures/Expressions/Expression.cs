using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Models.Architectures.Expressions;

/// <summary>A number that may depend on the base model's configuration: a constant, a field, or a sum, difference, product or quotient.</summary>
internal abstract record Expression
{
    /// <summary>The value, or <see langword="null"/> where a field is unknown or a quotient has no value.</summary>
    public abstract double? Evaluate(BaseConfig? config);

    /// <summary>The value where it is a whole number, else <see langword="null"/>.</summary>
    public long? EvaluateInteger(BaseConfig? config) =>
        Evaluate(config) is double value && double.IsInteger(value) && Math.Abs(value) < 1L << 53 ? (long)value : null;

    /// <summary>The fields of config.json that it reads.</summary>
    public abstract IEnumerable<string> Fields { get; }
}
