using System.Collections.Immutable;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Fusing.Stages;

/// <summary>A weight with the changes made so far, readable row by row. Safe for concurrent use.</summary>
internal sealed class WeightRows
{
    private readonly IWeightSource _source;
    private readonly ImmutableArray<IOpenStage> _stages;

    private WeightRows(IWeightSource source, DType? rounding, ImmutableArray<IOpenStage> stages)
    {
        _source = source;
        Rounding = rounding;
        _stages = stages;
    }

    /// <summary>How the weight lies.</summary>
    public WeightShape Shape => _source.Shape;

    /// <summary>
    /// The dtype to which a low-rank product and its sum are rounded before quantization, as mlx-lm does; <see langword="null"/> where only the result is.
    /// </summary>
    public DType? Rounding { get; }

    /// <summary>Opens all changes of a weight.</summary>
    public static WeightRows Open(IWeightSource source, DType? rounding, ImmutableArray<WeightStage> stages, CancellationToken cancellationToken)
    {
        var rows = new WeightRows(source, rounding, []);
        foreach (WeightStage stage in stages)
        {
            rows = rows.Then(stage.Open(rows, cancellationToken));
        }

        return rows;
    }

    /// <summary>The weight with one more change.</summary>
    public WeightRows Then(IOpenStage stage) => new(_source, Rounding, _stages.Add(stage));

    /// <summary>Reads whole rows of one matrix as the base has them.</summary>
    public void Read(int matrix, int row, Span<float> original, CancellationToken cancellationToken) => _source.Read(matrix, row, original, cancellationToken);

    /// <summary>Changes whole rows of one matrix.</summary>
    /// <param name="matrix">Which matrix.</param>
    /// <param name="row">The first row.</param>
    /// <param name="original">The rows as the base has them.</param>
    /// <param name="changed">Gets the changed rows.</param>
    /// <param name="rounding">As <see cref="Rounding"/>, or <see langword="null"/> for what is wanted before any rounding.</param>
    public void Change(int matrix, int row, ReadOnlySpan<float> original, Span<float> changed, DType? rounding)
    {
        original.CopyTo(changed);
        foreach (IOpenStage stage in _stages)
        {
            stage.Apply(matrix, row, changed, rounding);
        }
    }
}
