using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Models.Steps;

/// <summary>Takes output rows out of a module's B and puts them together again. A is shared, so all of it is bit-exact.</summary>
internal static class RowParts
{
    /// <summary>B's axis of output rows: the last but one.</summary>
    public static int RowAxis(LazyTensor factor) => factor.Shape.Rank - 2;

    /// <summary>The selected rows of a tensor along an axis. Costs the same however many rows there are.</summary>
    public static LazyTensor Select(LazyTensor tensor, int axis, RowSelection rows)
    {
        long total = tensor.Shape[axis], count = rows.CountIn(total), first = rows.Row(0, total);
        if (rows.Every == 0 || rows.Count == 1)
        {
            return tensor.Slice(axis, first, count, Math.Max(1, rows.Every));
        }

        // (..., runs, every, ...): of each run the same rows.
        LazyTensor runs = Split(tensor, axis, rows.Every).Slice(axis + 1, first, rows.Count);
        return runs.Reshape(tensor.Shape.WithExtent(axis, count));
    }

    /// <summary>Puts parts together so that part i has the rows that its selection names. Costs the same however many rows there are.</summary>
    /// <param name="axis">The axis of rows.</param>
    /// <param name="parts">Disjoint selections that cover all rows, of runs of one length, and their tensors.</param>
    public static LazyTensor Assemble(int axis, IReadOnlyList<(RowSelection Rows, LazyTensor Tensor)> parts)
    {
        long total = parts.Sum(part => part.Tensor.Shape[axis]);
        IEnumerable<(RowSelection Rows, LazyTensor Tensor)> inOrder = parts.OrderBy(part => part.Rows.Row(0, total));
        if (parts[0].Rows.Every == 0)
        {
            return LazyTensorOperations.Concat(axis, [.. inOrder.Select(part => part.Tensor)]);
        }

        LazyTensor joined = LazyTensorOperations.Concat(axis + 1, [.. inOrder.Select(part => Split(part.Tensor, axis, part.Rows.Count))]);
        return joined.Reshape(parts[0].Tensor.Shape.WithExtent(axis, total));
    }

    /// <summary>How many rows the whole has, given how many one part has.</summary>
    public static long TotalRows(RowSelection rows, long count) =>
        rows.Every == 0 ? count / rows.Count * rows.Parts : count / rows.Count * rows.Every;

    /// <summary>The module with only the selected output rows.</summary>
    public static AdapterModule Select(AdapterModule module, RowSelection rows) => rows.IsAll ? module : module with
    {
        B = Select(module.B, RowAxis(module.B), rows),
        Magnitude = module.Magnitude is null ? null : Select(module.Magnitude, 0, rows),
    };

    // (..., n, ...) as (..., n / length, length, ...).
    private static LazyTensor Split(LazyTensor tensor, int axis, long length)
    {
        List<long> dimensions = [.. tensor.Shape.Dimensions];
        dimensions[axis] /= length;
        dimensions.Insert(axis + 1, length);
        return tensor.Reshape(new TensorShape([.. dimensions]));
    }
}
