using System.Text.RegularExpressions;
using Transfuse.Conversion.Dialects.Peft.Methods;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Dialects.Peft.Methods;

public class MethodTableTests
{
    private static readonly string[] Converted = ["ADALORA", "DELORA", "GRALORA", "LOHA", "LOKR", "MISS", "PVERA", "VBLORA", "VERA"];

    public static TheoryData<string> Refused { get; } =
        [.. PeftTypes.All.Except(Converted).Where(type => type != PeftTypes.Lora).Order(StringComparer.Ordinal)];

    [Fact]
    public void Every_method_of_peft_is_converted_or_refused_by_name()
    {
        string[] readers = [.. Conversion.Dialects.Peft.Methods.PeftMethods.Default.Readers.Select(reader => reader.PeftType).Order(StringComparer.Ordinal)];
        Assert.Equal(Converted, readers);
        IEnumerable<string> all = readers.Concat(RefusedMethods.All.Select(method => method.PeftType)).Append(PeftTypes.Lora);
        Assert.Equal(PeftTypes.All.Order(StringComparer.Ordinal), all.Order(StringComparer.Ordinal));
        Assert.Equal(45, PeftTypes.All.Count);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Names_the_method_and_the_reason(string peftType)
    {
        var adapter = new MethodCase(peftType);
        adapter.Put("any_tensor", 2, 2);
        Assert.Empty(adapter.Read());
        Finding finding = Assert.Single(adapter.Findings);
        Assert.Equal(Severity.Error, finding.Severity);
        Assert.StartsWith("TF24", finding.Code.Id, StringComparison.Ordinal);
        Assert.StartsWith(peftType + " ", finding.Message, StringComparison.Ordinal);
        Assert.False(finding.Code.CanBeAllowed);
    }

    [Fact]
    public void The_page_says_what_the_table_says()
    {
        string page = File.ReadAllText(Path.Combine(Fixtures.RepositoryRoot, "docs", "methods.md"));
        Dictionary<string, string> rows = Regex.Matches(page, @"^\| `([A-Z0-9_]+)` \|(.*)$", RegexOptions.Multiline)
            .ToDictionary(row => row.Groups[1].Value, row => row.Groups[2].Value);
        Assert.Equal(PeftTypes.All.Order(StringComparer.Ordinal), rows.Keys.Order(StringComparer.Ordinal));
        Assert.All(RefusedMethods.All, method => Assert.Contains(method.Code.Id, rows[method.PeftType], StringComparison.Ordinal));
        Assert.All(Converted, type => Assert.Contains("converted", rows[type], StringComparison.Ordinal));
    }

    [Fact]
    public void All_codes_are_in_the_catalogue() => Assert.All(MethodCodes.All, code => Assert.Equal(code, FindingCodes.Find(code.Id)));
}
