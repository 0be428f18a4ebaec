using FsCheck;
using FsCheck.Fluent;
using Transfuse.Conversion.Models.Steps;

namespace Transfuse.Conversion.Tests.Models.Steps;

public class RowSelectionTests
{
    [Fact]
    public void Named_selections_take_the_rows_that_they_say()
    {
        Assert.Equal([0, 1, 2, 3, 4, 5], Rows(RowSelection.All, 6));
        Assert.Equal([0, 1, 2], Rows(RowSelection.Part(0, 2), 6));
        Assert.Equal([3, 4, 5], Rows(RowSelection.Part(1, 2), 6));
        Assert.Equal([0, 2, 4], Rows(RowSelection.Even, 6));
        Assert.Equal([1, 3, 5], Rows(RowSelection.Odd, 6));
        Assert.Equal([4, 5], Rows(RowSelection.Part(2, 3), 6));
        Assert.Equal([2, 3, 7, 8], Rows(RowSelection.Blocks(5, 2, 2), 10));
    }

    [Fact]
    public void Parts_and_their_complements_are_a_permutation() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Choose(1, 6).Two().ToArbitrary(),
        sizes =>
        {
            (int parts, int unit) = sizes;
            IEnumerable<long> rows = Enumerable.Range(0, parts).SelectMany(part => Rows(RowSelection.Part(part, parts), parts * unit));
            return rows.SequenceEqual(Enumerable.Range(0, parts * unit).Select(row => (long)row));
        }));

    [Theory]
    [InlineData(5)]
    [InlineData(0)]
    [InlineData(-2)]
    public void Rows_that_do_not_divide_do_not_fit(long rows)
    {
        Assert.False(RowSelection.Even.Fits(rows));
        Assert.False(RowSelection.Part(0, 2).Fits(rows));
        Assert.Throws<ArgumentException>(() => RowSelection.Odd.CountIn(rows));
        Assert.Throws<ArgumentException>(() => RowSelection.Odd.Row(0, rows));
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(4, 3, 2)]
    [InlineData(4, -1, 2)]
    [InlineData(4, 0, 0)]
    [InlineData(4, long.MaxValue, 1)]
    public void Refuses_a_selection_outside_its_run(long every, long from, long count) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => RowSelection.Blocks(every, from, count));

    [Theory]
    [InlineData(2, 2)]
    [InlineData(-1, 2)]
    [InlineData(0, 0)]
    public void Refuses_a_part_that_does_not_exist(int index, int parts) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => RowSelection.Part(index, parts));

    private static long[] Rows(RowSelection selection, long rows) =>
        [.. Enumerable.Range(0, (int)selection.CountIn(rows)).Select(i => selection.Row(i, rows))];
}
