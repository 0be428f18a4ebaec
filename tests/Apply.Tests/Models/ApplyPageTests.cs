using System.Text;
using Transfuse.Apply.Models.Table;
using Transfuse.Apply.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Models;

/// <summary>docs/apply.md lists every model type and how it was tested. With TRANSFUSE_UPDATE_DOCS=1 the list is written anew.</summary>
public class ApplyPageTests
{
    private const string Begin = "<!-- types -->\n";
    private const string End = "<!-- end of types -->\n";
    private static readonly string Page = Path.Combine(Fixtures.RepositoryRoot, "docs", "apply.md");

    [Fact]
    public void Lists_all_123_types()
    {
        string page = File.ReadAllText(Page);
        int begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, end = page.IndexOf(End, StringComparison.Ordinal);
        string expected = page[..begin] + Table() + page[end..];
        if (Environment.GetEnvironmentVariable("TRANSFUSE_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(Page, expected);
            page = expected;
        }

        Assert.Equal(123, ModelTable.Types.Length);
        Assert.Equal(expected, page);
    }

    private static string Table()
    {
        var text = new StringBuilder("| type | how it is tested |\n| --- | --- |\n");
        ILookup<string, ModelCase> cases = ModelCase.Names.Select(ModelCase.Load).ToLookup(recorded => recorded.Type, StringComparer.Ordinal);
        foreach (string type in ModelTable.Types)
        {
            string entry = ModelTable.Find(type)!.ModelType;
            int own = cases[type].Count(), shared = cases[entry].Count();
            string how = own + shared == 0 ? "not run"
                : own > 0 ? $"recorded logits ({own})" : $"recorded logits of {entry}, whose code it is";
            text.Append($"| {type} | {how} |\n");
        }

        return text.ToString();
    }
}
