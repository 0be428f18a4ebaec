using System.Text.RegularExpressions;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests;

/// <summary>Tests lie in the folder of what they test, so that whoever has the one finds the other.</summary>
public class MirrorTests
{
    // What several tests use, and tests of pages.
    private static readonly string[] OfTestsAlone = ["Support", "Docs"];

    public static TheoryData<string> Projects { get; } = ["Conversion", "Cli"];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_of_tests_are_those_of_the_source(string project)
    {
        string[] folders = [.. FilesOf(Tests(project)).Select(file => Path.GetDirectoryName(file)!).Distinct().Where(folder => !OfTestsAlone.Contains(folder))];
        Assert.True(folders.Length > 2, $"only {folders.Length} folders were looked at");
        Assert.DoesNotContain(folders, folder => !Directory.Exists(Path.Combine(Source(project), folder)));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Tests_of_a_type_lie_in_its_folder(string project)
    {
        ILookup<string, string> homes = FilesOf(Source(project)).ToLookup(file => Path.GetFileNameWithoutExtension(file), file => Path.GetDirectoryName(file)!);
        string[] tests = [.. FilesOf(Tests(project)).Where(file => homes.Contains(TypeOf(file)))];
        Assert.NotEmpty(tests);
        Assert.DoesNotContain(tests, file => !homes[TypeOf(file)].Contains(Path.GetDirectoryName(file)!));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Namespaces_are_those_of_the_folders(string project) => Assert.DoesNotContain(FilesOf(Tests(project)), file =>
        Regex.Match(File.ReadAllText(Path.Combine(Tests(project), file)), @"^namespace ([\w.]+);", RegexOptions.Multiline) is { Success: true } found
        && found.Groups[1].Value != $"Transfuse.{project}.Tests.{Path.GetDirectoryName(file)!.Replace('/', '.')}".TrimEnd('.'));

    private static string Source(string project) => Path.Combine(Fixtures.RepositoryRoot, "src", project);

    private static string Tests(string project) => Path.Combine(Fixtures.RepositoryRoot, "tests", $"{project}.Tests");

    // FactorDTypes of FactorDTypesTests; a file of another name tests no single type.
    private static string TypeOf(string file) => Path.GetFileNameWithoutExtension(file) is var name && name.EndsWith("Tests", StringComparison.Ordinal) ? name[..^5] : string.Empty;

    private static IEnumerable<string> FilesOf(string root) => Directory.GetFiles(root, "*.cs", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(root, file)).Where(file => !file.StartsWith("obj/", StringComparison.Ordinal) && !file.StartsWith("bin/", StringComparison.Ordinal));
}
