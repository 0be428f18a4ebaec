using Transfuse.Conversion.Models.Steps;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Stages.Fit.Mapping;

/// <summary>
/// Fuses modules that another program holds as one weight: their rows lie together, so A's are stacked along the rank and B is block-diagonal.
/// Where all share one A, rows are put together and the rank stays. Bit-exact both ways.
/// </summary>
internal static class RankFusion
{
    /// <summary>Fuses the parts of one weight. A part without module has zero rows.</summary>
    /// <param name="parts">Disjoint selections that cover all rows, with their modules; at least one is there; all have one scale.</param>
    /// <param name="cancellationToken">Ends the probe for a shared A.</param>
    /// <returns>The factors, their rank, and whether ranks were summed.</returns>
    public static (LazyTensor A, LazyTensor B, int Rank, bool IsSummed) Fuse(
        IReadOnlyList<(RowSelection Rows, AdapterModule? Module)> parts, CancellationToken cancellationToken)
    {
        AdapterModule[] present = [.. parts.Select(part => part.Module).OfType<AdapterModule>()];
        AdapterModule model = present[0];
        bool shared = present.All(module => module.Rank == model.Rank && TensorProbe.BytesEqual(module.A, model.A, cancellationToken));
        int rank = shared ? model.Rank : present.Sum(module => module.Rank);
        int rows = RowParts.RowAxis(model.B);
        DType typeOfB = Widest(present.Select(module => module.B.DType));
        LazyTensor a = shared ? model.A : Join(rows, present.Select(module => module.A));
        (RowSelection whole, AdapterModule known) = parts.Where(part => part.Module is not null).Select(part => (part.Rows, part.Module!)).First();
        long total = RowParts.TotalRows(whole, known.B.Shape[rows]);
        var blocks = new List<(RowSelection, LazyTensor)>(parts.Count);
        long offset = 0;
        foreach ((RowSelection selection, AdapterModule? module) in parts)
        {
            blocks.Add((selection, Block(selection, module)));
            offset += module?.Rank ?? 0;
        }

        return (a, RowParts.Assemble(rows, blocks), rank, !shared);

        LazyTensor Block(RowSelection selection, AdapterModule? module)
        {
            if (module is null)
            {
                return LazyTensorOperations.Zeros(typeOfB, With(model.B.Shape, selection.CountIn(total), rank));
            }

            LazyTensor b = module.B.Cast(typeOfB);
            return shared ? b : LazyTensorOperations.Concat(rows + 1, Zeros(offset), b, Zeros(rank - offset - module.Rank));

            LazyTensor Zeros(long width) => LazyTensorOperations.Zeros(typeOfB, With(b.Shape, b.Shape[rows], width));
        }
    }

    /// <summary>Concatenates tensors whose dtypes may differ.</summary>
    public static LazyTensor Join(int axis, IEnumerable<LazyTensor> tensors)
    {
        LazyTensor[] all = [.. tensors];
        DType dtype = Widest(all.Select(tensor => tensor.DType));
        return LazyTensorOperations.Concat(axis, [.. all.Select(tensor => tensor.Cast(dtype))]);
    }

    /// <summary>The smallest dtype that holds the values of all exactly.</summary>
    public static DType Widest(IEnumerable<DType> dtypes)
    {
        DType[] distinct = [.. dtypes.Distinct()];
        return distinct is [DType only] ? only : distinct.Contains(DType.F64) ? DType.F64 : DType.F32;
    }

    private static TensorShape With(TensorShape shape, long rows, long columns)
    {
        long[] dimensions = [.. shape.Dimensions];
        dimensions[^2] = rows;
        dimensions[^1] = columns;
        return new TensorShape(dimensions);
    }
}
