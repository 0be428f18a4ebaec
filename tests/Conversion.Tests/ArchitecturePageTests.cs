using System.Text.RegularExpressions;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests;

/// <summary>What docs/architecture.md says of rooms and files is so.</summary>
public class ArchitecturePageTests
{
    private static readonly string[] Page = File.ReadAllLines(Path.Combine(Fixtures.RepositoryRoot, "docs", "architecture.md"));

    /// <summary>By what is new: the files and folders that the page names for it.</summary>
    public static TheoryData<string, string[]> Rows { get; } = new(Page.SkipWhile(line => line != "## Where to add what")
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| new ", StringComparison.Ordinal) && !line.StartsWith("| -", StringComparison.Ordinal))
        .Select(line => (line.Split('|')[1].Trim(), Regex.Matches(line, "`([^`]+)`").Select(match => match.Groups[1].Value).ToArray())));

    [Fact]
    public void Every_new_thing_has_a_row() =>
        Assert.Equal(["model type", "step", "PEFT method", "finding", "reader", "dialect", "stage"], Rows.Select(row => row.Data.Item1));

    [Theory]
    [MemberData(nameof(Rows))]
    public void Files_to_edit_are_there(string added, string[] paths)
    {
        Assert.NotEmpty(paths);
        Assert.All(paths, path => Assert.True(Path.Exists(Path.Combine(Fixtures.RepositoryRoot, path)), $"{added}: {path}"));
    }

    // The dry runs of the design: a thing of a kind that is known is its own folder or file, and at most two lists.
    [Theory]
    [InlineData("model type", 1)]
    [InlineData("PEFT method", 2)]
    [InlineData("finding", 0)]
    [InlineData("reader", 2)]
    [InlineData("dialect", 2)]
    public void Few_files_are_edited(string added, int most) =>
        Assert.InRange(Rows.Single(row => row.Data.Item1 == added).Data.Item2.Count(path => Path.HasExtension(path)), 0, most);

    [Fact]
    public void Every_room_is_told()
    {
        string[] told = [.. Page.Where(line => line.StartsWith("| `", StringComparison.Ordinal)).SelectMany(line => Regex.Matches(line.Split('|')[1], "`([^`/]+)[^`]*`").Select(match => match.Groups[1].Value))];
        string[] rooms = [.. Directory.GetDirectories(Path.Combine(Fixtures.RepositoryRoot, "src", "Conversion")).Select(folder => Path.GetFileName(folder)!).Where(name => name is not ("bin" or "obj"))];
        Assert.Empty(rooms.Except(told));
    }
}
