using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Models.Architectures;

/// <summary>docs/architectures.md says what the table says.</summary>
public class ArchitectureDocumentTests
{
    [Fact]
    public void Committed_document_is_the_generated_one()
    {
        string path = Path.Combine(Fixtures.RepositoryRoot, "docs", "architectures.md");
        string text = ArchitectureDocument.Write(
            RealBaseTests.Pairs, [.. LoadedWeightTests.Cases.Select(row => row.Data)], [.. LiveModelNamesTests.ModelTypes.Select(row => row.Data)]);
        if (Environment.GetEnvironmentVariable("TRANSFUSE_UPDATE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }

        Assert.Equal(text, File.ReadAllText(path));
    }
}
