using Transfuse.Conversion.Models.Architectures.Expressions;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Models.Steps;

namespace Transfuse.Conversion.Models.Architectures.Rules;

/// <summary>A selection of rows in the table: a fixed one, or runs whose lengths depend on the configuration.</summary>
internal sealed record RowSelector
{
    private readonly RowSelection? _fixed;
    private readonly Expression? _every;
    private readonly Expression? _from;
    private readonly Expression? _count;

    public RowSelector(RowSelection selection) => _fixed = selection;

    public RowSelector(Expression every, Expression from, Expression count) => (_every, _from, _count) = (every, from, count);

    public static RowSelector All { get; } = new(RowSelection.All);

    /// <summary>The fields of config.json that it depends on.</summary>
    public IEnumerable<string> Fields => new[] { _every, _from, _count }.SelectMany(part => part?.Fields ?? []);

    /// <summary>The selection for a base model, or <see langword="null"/> where its configuration does not give one.</summary>
    public RowSelection? Resolve(BaseConfig? config)
    {
        if (_fixed is RowSelection selection)
        {
            return selection;
        }

        return (_every!.EvaluateInteger(config), _from!.EvaluateInteger(config), _count!.EvaluateInteger(config)) switch
        {
            (long every, long from, long count) when every > 0 && from >= 0 && count > 0 && from <= every - count =>
                RowSelection.Blocks(every, from, count),
            _ => null,
        };
    }
}
