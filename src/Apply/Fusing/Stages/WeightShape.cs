using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Fusing.Stages;

/// <summary>A stored weight seen as matrices: a stack of experts has several; a vector is one row; a convolution's kernel lies along the columns.</summary>
/// <param name="Matrices">Number of matrices.</param>
/// <param name="Rows">Rows of each.</param>
/// <param name="Columns">Columns of each.</param>
internal readonly record struct WeightShape(int Matrices, int Rows, int Columns)
{
    /// <summary>The view of a tensor of this shape, or <see langword="null"/> where an extent is too large or the whole is empty.</summary>
    /// <param name="shape">Row-major extents.</param>
    /// <param name="isStack">Whether the first of three axes counts experts.</param>
    public static WeightShape? Of(TensorShape shape, bool isStack)
    {
        long matrices = isStack && shape.Rank == 3 ? shape[0] : 1;
        long rows = shape.Rank switch { 0 or 1 => 1, 3 when isStack => shape[1], _ => shape[0] };
        return shape.ElementCount > 0
            && matrices <= int.MaxValue
            && rows <= int.MaxValue
            && shape.ElementCount / matrices / rows is var columns and <= int.MaxValue
            ? new WeightShape((int)matrices, (int)rows, (int)columns)
            : null;
    }
}
