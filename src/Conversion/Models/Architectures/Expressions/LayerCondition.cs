using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Models.Architectures.Expressions;

/// <summary>Whether the layer index is at least a value.</summary>
internal sealed record LayerCondition(Expression First) : Condition
{
    public override bool? Holds(BaseConfig? config, int? layer) =>
        layer is int index && First.Evaluate(config) is double first ? index >= first : null;

    public override IEnumerable<string> Fields => First.Fields;
}
