using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests;

/// <summary>A line of code fits a screen. Texts that stand as they are, in raw strings, are left out.</summary>
public class LineLengthTests
{
    private const int Longest = 160;

    [Theory]
    [InlineData("src/Formats")]
    [InlineData("src/Metadata")]
    [InlineData("src/Conversion")]
    [InlineData("src/Apply")]
    [InlineData("src/Cli")]
    [InlineData("tests/Formats.Tests")]
    [InlineData("tests/Metadata.Tests")]
    [InlineData("tests/Apply.Tests")]
    public void Lines_have_at_most_160_characters(string folder)
    {
        string root = Path.Combine(Fixtures.RepositoryRoot, folder);
        string[] files = [.. Directory.GetFiles(root, "*.cs", SearchOption.AllDirectories).Where(file => !file.Contains("/obj/") && !file.Contains("/bin/"))];
        Assert.True(files.Length > 20, $"only {files.Length} files were looked at");
        Assert.Empty(files.SelectMany(file => LongLines(file).Select(line => $"{Path.GetRelativePath(Fixtures.RepositoryRoot, file)}: {line}")));
    }

    private static IEnumerable<string> LongLines(string file)
    {
        bool isRaw = false;
        foreach (string line in File.ReadLines(file))
        {
            int quotes = line.Split("\"\"\"").Length - 1;
            if (!isRaw && quotes == 0 && line.Length > Longest)
            {
                yield return line;
            }

            isRaw ^= quotes % 2 == 1;
        }
    }
}
