using System.Collections.Immutable;
using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Models.Architectures.Expressions;

/// <summary>Whether all parts hold. One that does not decides, even where another is unknown.</summary>
internal sealed record AllConditions(ImmutableArray<Condition> Parts) : Condition
{
    public override bool? Holds(BaseConfig? config, int? layer)
    {
        bool?[] results = [.. Parts.Select(part => part.Holds(config, layer))];
        return results.Contains(false) ? false : results.Contains(null) ? null : true;
    }

    public override IEnumerable<string> Fields => Parts.SelectMany(part => part.Fields);
}
