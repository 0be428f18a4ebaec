using System.Xml.Linq;

namespace Transfuse.Oracle.Tests;

public class IndependenceTests
{
    [Fact]
    public void Oracle_references_no_project_and_no_package()
    {
        string project = Path.Combine(Fixtures.RepositoryRoot, "tests", "Oracle", "Transfuse.Oracle.csproj");
        XDocument xml = XDocument.Load(project);
        Assert.Empty(xml.Descendants("ProjectReference"));
        Assert.Empty(xml.Descendants("PackageReference"));
        Assert.Empty(xml.Descendants("Reference"));
        Assert.Empty(xml.Descendants("Compile"));
    }

    [Fact]
    public void Oracle_loads_no_other_assembly_of_the_product()
    {
        IEnumerable<string?> names = typeof(OracleTensor).Assembly.GetReferencedAssemblies().Select(a => a.Name);
        Assert.DoesNotContain(names, n => n!.StartsWith("Transfuse", StringComparison.Ordinal));
    }
}
