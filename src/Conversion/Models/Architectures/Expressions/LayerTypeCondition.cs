using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Models.Architectures.Expressions;

/// <summary>Whether <c>layer_types</c> names this type for the layer.</summary>
internal sealed record LayerTypeCondition(string Type) : Condition
{
    public override bool? Holds(BaseConfig? config, int? layer) =>
        layer is int index && config?.LayerType(index) is string type ? type == Type : null;

    public override IEnumerable<string> Fields => ["layer_types"];
}
