using System.Reflection;
using System.Text;
using Transfuse.Apply.Fusing;
using Transfuse.Conversion.Pipeline;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests;

/// <summary>A change of the public API is seen. With TRANSFUSE_UPDATE_DOCS=1 the baseline is written anew.</summary>
public class PublicApiTests
{
    private static readonly string Baseline = Path.Combine(Fixtures.RepositoryRoot, "tests", "PublicApi.txt");

    [Fact]
    public void Is_as_in_the_baseline()
    {
        Assembly[] assemblies = [typeof(LazyTensor).Assembly, typeof(Adapter).Assembly, typeof(AdapterPipeline).Assembly, typeof(ModelFusion).Assembly];
        string actual = string.Concat(assemblies.Select(Describe));
        if (Environment.GetEnvironmentVariable("TRANSFUSE_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(Baseline, actual);
        }

        Assert.Equal(File.ReadAllText(Baseline).Split('\n'), actual.Split('\n'));
    }

    private static string Describe(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(type.FullName).Append('\n');
            IEnumerable<string> members = type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
                .Where(
                    member =>
                        member is not MethodBase { IsSpecialName: true, IsConstructor: false }
                            && member.Name is not ("<Clone>$" or "PrintMembers" or "EqualityContract" or "Deconstruct"))
                .Where(member => member is not MethodInfo { Name: "Equals" or "GetHashCode" or "ToString" or "op_Equality" or "op_Inequality" })
                .Select(member => member.ToString()!);
            foreach (string member in members.Order(StringComparer.Ordinal))
            {
                text.Append("  ").Append(member).Append('\n');
            }
        }

        return text.ToString();
    }
}
