using System.Xml.Linq;
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

    /// <summary>What only comes out of something, or goes into it, names the type whose example shows it.</summary>
    [Fact]
    public void Every_public_type_has_an_example_or_names_the_type_that_has_one()
    {
        Type[] types = [.. ExampleCode.Libraries.SelectMany(library => library.GetExportedTypes()).Where(type => !type.IsNested)];
        Assert.Equal([], types.Select(type => type.FullName!).Where(name => !IsShown(name)));
        Assert.True(types.Length > 100, $"{types.Length} types");
    }

    private static bool IsShown(string type) => HasExample(type) || (ExampleCode.Documentation.GetValueOrDefault(type)?.Elements("seealso")
        .Select(link => link.Attribute("cref")?.Value).Any(link => link is ['T', ':', .. var other] && IsShown(other)) ?? false);

    private static bool HasExample(string type) =>
        ExampleCode.Documentation.TryGetValue(type, out XElement? member) && member.Elements("example").Elements("code").Any();
}
