using System.Reflection;
using System.Text.RegularExpressions;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Tests.Findings;

public class FindingCodesTests
{
    private static readonly FindingCode[] Declared =
    [
        .. typeof(FindingCode).Assembly.GetTypes()
            .SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Static))
            .Where(property => property.PropertyType == typeof(FindingCode))
            .Select(property => (FindingCode)property.GetValue(null)!),
    ];

    [Fact]
    public void Catalogue_holds_every_code_once()
    {
        Assert.True(Declared.Length > 80, $"only {Declared.Length} codes were found");
        Assert.Equal(Declared.Select(code => code.Id).Order(StringComparer.Ordinal), FindingCodes.All.Select(code => code.Id));
        Assert.Equal(FindingCodes.All.Length, FindingCodes.All.Select(code => code.Id).Distinct().Count());
    }

    [Fact]
    public void Every_code_says_cause_and_remedy_in_sentences()
    {
        Assert.All(FindingCodes.All, code =>
        {
            Assert.Matches(new Regex(@"^TF[1-7][0-9]{3}$"), code.Id);
            Assert.EndsWith(".", code.Cause);
            Assert.EndsWith(".", code.Remedy);
        });
    }

    [Fact]
    public void Losses_are_phrases() => Assert.All(FindingCodes.All.Where(code => code.CanBeAllowed), code =>
    {
        Assert.True(char.IsLower(code.Loss![0]) || code.Loss[0] == '-', code.Loss);
        Assert.False(code.Loss.EndsWith('.'), code.Loss);
    });

    [Fact]
    public void Broken_containers_can_never_be_allowed() =>
        Assert.DoesNotContain(FindingCodes.All, code => code.Id.StartsWith("TF1", StringComparison.Ordinal) && code.CanBeAllowed);

    [Fact]
    public void Only_errors_can_be_allowed() => Assert.DoesNotContain(FindingCodes.All, code => code.CanBeAllowed && code.Severity != Severity.Error);

    [Fact]
    public void Finds_a_code_by_its_id() => Assert.Same(TensorCodes.HalfPair, FindingCodes.Find("TF2001"));
}
