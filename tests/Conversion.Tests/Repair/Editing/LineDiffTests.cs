using FsCheck;
using FsCheck.Fluent;
using Transfuse.Conversion.Repair.Editing;

namespace Transfuse.Conversion.Tests.Repair.Editing;

public class LineDiffTests
{
    [Fact]
    public void Equal_texts_have_no_diff() => Assert.Empty(LineDiff.Unified("f", ["a", "b"], ["a", "b"]));

    [Fact]
    public void A_change_shows_with_three_lines_around_it() => Assert.Equal(
        ["--- a/f", "+++ b/f", "@@ -2,7 +2,7 @@", " 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8"],
        LineDiff.Unified("f", Lines(1, 9), ["1", "2", "3", "4", "five", "6", "7", "8", "9"]));

    [Fact]
    public void Changes_that_are_far_apart_are_hunks_of_their_own() => Assert.Equal(
        ["--- a/f", "+++ b/f", "@@ -1,4 +1,3 @@", "-1", " 2", " 3", " 4", "@@ -10,3 +9,4 @@", " 10", " 11", " 12", "+13"],
        LineDiff.Unified("f", Lines(1, 12), Lines(2, 13)));

    [Fact]
    public void A_new_file_is_all_additions() =>
        Assert.Equal(["--- /dev/null", "+++ b/f", "@@ -0,0 +1,2 @@", "+a", "+b"], LineDiff.Unified("f", [], ["a", "b"]));

    [Fact]
    public void Applying_it_gives_the_new_text()
    {
        Arbitrary<string[]> lines = Gen.Elements("a", "b", "c", "d").ArrayOf().Where(array => array.Length < 30).ToArbitrary();
        Check.QuickThrowOnFailure(Prop.ForAll(lines, lines, (before, after) => Apply(before, [.. LineDiff.Unified("f", before, after)]).SequenceEqual(after)));
    }

    [Fact]
    public void Texts_too_long_to_compare_are_replaced_as_a_whole()
    {
        string[] before = Lines(0, 3000);
        string[] after = [.. before.Reverse()];
        Assert.Equal(after, Apply(before, [.. LineDiff.Unified("f", before, after)]));
    }

    // A plain reading of unified diffs.
    private static List<string> Apply(string[] before, string[] diff)
    {
        List<string> after = [];
        int position = 0;
        foreach (string line in diff.Skip(2))
        {
            if (line.StartsWith("@@", StringComparison.Ordinal))
            {
                string[] range = line.Split(' ')[1][1..].Split(',');
                int start = int.Parse(range[0]) - (range[1] == "0" ? 0 : 1);
                after.AddRange(before[position..start]);
                position = start;
            }
            else if (line[0] == '+')
            {
                after.Add(line[1..]);
            }
            else
            {
                Assert.Equal(before[position++], line[1..]);
                if (line[0] == ' ')
                {
                    after.Add(line[1..]);
                }
            }
        }

        after.AddRange(before[position..]);
        return after;
    }

    private static string[] Lines(int first, int last) => [.. Enumerable.Range(first, last - first + 1).Select(number => number.ToString())];
}
