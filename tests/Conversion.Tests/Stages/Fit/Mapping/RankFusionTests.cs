using Transfuse.Conversion.Models.Steps;
using Transfuse.Conversion.Stages.Fit.Mapping;
using Transfuse.Conversion.Tests.Verification;
using Transfuse.Formats.Tensors;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Stages.Fit.Mapping;

/// <summary>The delta of the fused module has the rows of its parts' deltas, by plain loops.</summary>
public class RankFusionTests
{
    private static readonly RowSelection[] Thirds = [RowSelection.Part(0, 3), RowSelection.Part(1, 3), RowSelection.Part(2, 3)];

    // Which third has a module, and its rank; 0 where it has none.
    [Theory]
    [InlineData(2, 3, 1)]
    [InlineData(2, 0, 3)]
    [InlineData(0, 2, 3)]
    [InlineData(3, 2, 0)]
    public void Different_A_are_stacked_and_B_is_block_diagonal(params int[] ranks)
    {
        PlainModule?[] modules = [.. ranks.Select((rank, part) => rank == 0 ? null : PlainModule.Random(part, 5, 4, rank))];
        (DenseArray delta, int rank, bool summed) = Fuse(modules);
        Assert.Equal((ranks.Sum(), true), (rank, summed));
        AssertRows(modules, delta);
    }

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(true, false, true)]
    [InlineData(false, true, false)]
    public void One_A_of_all_is_kept_with_its_rank(params bool[] present)
    {
        DenseArray shared = PlainModule.Random(9, 5, 4, 3).A;
        PlainModule?[] modules = [.. present.Select((there, part) => there ? PlainModule.Random(part, 5, 4, 3) with { A = shared } : null)];
        (DenseArray delta, int rank, bool summed) = Fuse(modules);
        Assert.Equal((3, false), (rank, summed));
        AssertRows(modules, delta);
    }

    [Fact]
    public void Parts_of_other_sizes_keep_their_rows()
    {
        // Of each run of three rows the first two have a module, and the third has none.
        PlainModule module = PlainModule.Random(1, 5, 8, 2);
        (_, LazyTensor b, _, _) = RankFusion.Fuse(
            [(RowSelection.Blocks(3, 2, 1), null), (RowSelection.Blocks(3, 0, 2), module.ToModule())], TestContext.Current.CancellationToken);
        double[] rows = [.. Enumerable.Range(0, 12).SelectMany(row => row % 3 == 2 ? new double[2] : module.B.Values.AsSpan((row - (row / 3)) * 2, 2).ToArray())];
        Assert.Equal([12, 2], b.Shape.Dimensions);
        Assert.Equal(rows, Values(b).Values);
    }

    [Fact]
    public void Experts_are_fused_one_by_one()
    {
        PlainModule?[] modules = [PlainModule.Random(1, 5, 4, 2, experts: 3), null, PlainModule.Random(2, 5, 4, 1, experts: 3)];
        (LazyTensor a, LazyTensor b, int rank, _) = Factors(modules);
        Assert.Equal(3, rank);
        DenseArray[] fused = new PlainModule(Values(a), Values(b)).Deltas();
        for (int expert = 0; expert < 3; expert++)
        {
            Assert.Equal(modules[0]!.Deltas()[expert].Values, fused[expert].Values.AsSpan(0, 20).ToArray());
            Assert.All(fused[expert].Values.AsSpan(20, 20).ToArray(), value => Assert.Equal(0, value));
            Assert.Equal(modules[2]!.Deltas()[expert].Values, fused[expert].Values.AsSpan(40, 20).ToArray());
        }
    }

    [Theory]
    [InlineData("BF16", "F16", DType.F32)]
    [InlineData("BF16", "BF16", DType.BF16)]
    [InlineData("F16", "F64", DType.F64)]
    public void Different_dtypes_become_the_smallest_that_holds_all(string first, string second, DType dtype)
    {
        PlainModule?[] modules =
            [(PlainModule.Random(1, 5, 4, 2) with { DTypeA = first, DTypeB = first }).Rounded(), (PlainModule.Random(2, 5, 4, 2) with { DTypeA = second, DTypeB = second }).Rounded(), null];
        (LazyTensor a, LazyTensor b, _, _) = Factors(modules);
        Assert.Equal((dtype, dtype), (a.DType, b.DType));
        AssertRows(modules, new PlainModule(Values(a), Values(b)).Deltas()[0]);
    }

    private static void AssertRows(PlainModule?[] modules, DenseArray delta)
    {
        Assert.Equal([12L, 5L], delta.Shape);
        for (int part = 0; part < 3; part++)
        {
            Assert.Equal(modules[part]?.Deltas()[0].Values ?? new double[20], delta.Values.AsSpan(part * 20, 20).ToArray());
        }
    }

    private static (DenseArray Delta, int Rank, bool IsSummed) Fuse(PlainModule?[] modules)
    {
        (LazyTensor a, LazyTensor b, int rank, bool summed) = Factors(modules);
        Assert.Equal((rank, rank), (a.Shape[^2], b.Shape[^1]));
        return (new PlainModule(Values(a), Values(b)).Deltas()[0], rank, summed);
    }

    private static (LazyTensor A, LazyTensor B, int Rank, bool IsSummed) Factors(PlainModule?[] modules) =>
        RankFusion.Fuse([.. Thirds.Zip(modules, (rows, module) => (rows, module?.ToModule()))], TestContext.Current.CancellationToken);

    private static DenseArray Values(LazyTensor tensor) => new([.. tensor.Shape.Dimensions], tensor.ToDoubles(TestContext.Current.CancellationToken));
}
