using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Fusing.Stages;

/// <summary>A change that is ready to be made, row by row. Safe for concurrent use.</summary>
internal interface IOpenStage
{
    /// <summary>Changes whole rows of one matrix in place.</summary>
    /// <param name="matrix">Which matrix.</param>
    /// <param name="row">The first row.</param>
    /// <param name="values">The rows.</param>
    /// <param name="rounding">The dtype to which a low-rank product, and its sum with the weight, are rounded; <see langword="null"/> for none.</param>
    void Apply(int matrix, int row, Span<float> values, DType? rounding);
}
