using Transfuse.Conversion.Models.Steps;
using Transfuse.Conversion.Tests.Verification;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Models.Steps;

public class RowPartsTests
{
    /// <summary>Selections of 12 rows that cover them without overlap, and the rows of each.</summary>
    public static TheoryData<string, int[][]> Covers => new()
    {
        { "all", [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]] },
        { "thirds", [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]] },
        { "even, odd", [[0, 2, 4, 6, 8, 10], [1, 3, 5, 7, 9, 11]] },
        { "blocks", [[0, 1, 2, 6, 7, 8], [3, 9], [4, 5, 10, 11]] },
    };

    [Theory]
    [MemberData(nameof(Covers))]
    public void Parts_are_the_rows_that_they_name_and_make_the_whole_again(string name, int[][] rows)
    {
        RowSelection[] selections = name switch
        {
            "all" => [RowSelection.All],
            "thirds" => [RowSelection.Part(0, 3), RowSelection.Part(1, 3), RowSelection.Part(2, 3)],
            "even, odd" => [RowSelection.Even, RowSelection.Odd],
            _ => [RowSelection.Blocks(6, 0, 3), RowSelection.Blocks(6, 3, 1), RowSelection.Blocks(6, 4, 2)],
        };
        MemoryTensor whole = PlainModule.Tensor(Numbered(2, 12, 3), "F32");
        LazyTensor[] parts = [.. selections.Select(selection => RowParts.Select(whole, 1, selection))];
        for (int part = 0; part < parts.Length; part++)
        {
            Assert.Equal([2, rows[part].Length, 3], parts[part].Shape.Dimensions.ToArray());
            Assert.Equal(
                [.. from matrix in Enumerable.Range(0, 2) from row in rows[part] from column in Enumerable.Range(0, 3) select (float)((matrix * 36) + (row * 3) + column)],
                Singles(parts[part]));
            Assert.Equal(12, RowParts.TotalRows(selections[part], rows[part].Length));
        }

        Assert.Equal(Singles(whole), Singles(RowParts.Assemble(1, [.. selections.Zip(parts)])));
    }

    [Fact]
    public void A_module_gives_rows_of_B_and_of_its_magnitude()
    {
        AdapterModule module = (new PlainModule(Numbered(2, 5), Numbered(6, 2)) { Magnitude = [0, 1, 2, 3, 4, 5] }).ToModule();
        AdapterModule odd = RowParts.Select(module, RowSelection.Odd);
        Assert.Equal([2, 3, 6, 7, 10, 11], Singles(odd.B));
        Assert.Equal([1, 3, 5], Singles(odd.Magnitude!));
        Assert.Same(module.A, odd.A);
        Assert.Same(module, RowParts.Select(module, RowSelection.All));
    }

    private static DenseArray Numbered(params long[] shape) => new(shape, [.. Enumerable.Range(0, (int)DenseArray.CountOf(shape)).Select(i => (double)i)]);

    private static float[] Singles(LazyTensor tensor) => tensor.ToSingles(TestContext.Current.CancellationToken);
}
