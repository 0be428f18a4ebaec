using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Models.Steps;

/// <summary>Takes output rows out of a module's B and puts them together again. A is shared, so all of it is bit-exact.</summary>
internal static class RowParts
{
    /// <summary>B's axis of output rows: the last but one.</summary>
    public static int RowAxis(LazyTensor factor) => factor.Shape.Rank - 2;

    /// <summary>The selected rows of a tensor along an axis.</summary>
    public static LazyTensor Select(LazyTensor tensor, int axis, RowSelection rows)
    {
        long total = tensor.Shape[axis];
        long[] indices = new long[rows.CountIn(total)];
        for (int i = 0; i < indices.Length; i++)
        {
            indices[i] = rows.Row(i, total);
        }

        return tensor.Gather(axis, indices);
    }

    /// <summary>Puts parts together so that part i has the rows that its selection names.</summary>
    /// <param name="axis">The axis of rows.</param>
    /// <param name="parts">Disjoint selections that cover all rows, and their tensors.</param>
    public static LazyTensor Assemble(int axis, IReadOnlyList<(RowSelection Rows, LazyTensor Tensor)> parts)
    {
        LazyTensor joined = LazyTensorOperations.Concat(axis, [.. parts.Select(part => part.Tensor)]);
        long total = joined.Shape[axis];
        long[] indices = new long[total];
        long next = 0;
        foreach ((RowSelection rows, LazyTensor tensor) in parts)
        {
            for (long i = 0; i < tensor.Shape[axis]; i++)
            {
                indices[rows.Row(i, total)] = next++;
            }
        }

        return joined.Gather(axis, indices);
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
}
