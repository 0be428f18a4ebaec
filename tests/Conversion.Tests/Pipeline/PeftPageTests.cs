using Transfuse.Metadata.Peft;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>docs/peft.md says what becomes of the recorded adapters. With TRANSFUSE_UPDATE_DOCS=1 it is written anew.</summary>
public class PeftPageTests
{
    [Fact]
    public void Page_is_up_to_date()
    {
        string path = Path.Combine(Fixtures.RepositoryRoot, "docs", "peft.md");
        string expected = PeftPage.Render();
        Assert.Equal(
            Fixtures.PeftCases.Count(fixture => fixture.PeftType == "LORA") + PeftFields.All.Length + 4,
            expected.Split('\n').Count(line => line.StartsWith('|')));
        if (Environment.GetEnvironmentVariable("TRANSFUSE_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, expected);
        }

        Assert.Equal(expected, File.ReadAllText(path));
    }
}
