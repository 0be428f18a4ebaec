using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Docs;

/// <summary>The C# of the documentation is compiled. With TRANSFUSE_UPDATE_DOCS=1 the file that holds it is written anew.</summary>
public class ExampleTests
{
    private static readonly string Compiled = Path.Combine(Fixtures.RepositoryRoot, "tests", "Cli.Tests", "Docs", "Examples.cs");

    [Fact]
    public void What_is_compiled_is_what_the_documentation_shows()
    {
        string expected = ExampleCode.Render();
        if (Environment.GetEnvironmentVariable("TRANSFUSE_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(Compiled, expected);
        }

        Assert.Equal(expected.Split('\n'), File.ReadAllText(Compiled).Split('\n'));
    }
}
