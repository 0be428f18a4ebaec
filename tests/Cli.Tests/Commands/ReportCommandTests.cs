using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

/// <summary>The page says what was measured; tests/Pages looks at it in a browser.</summary>
public partial class ReportCommandTests
{
    [Theory]
    [InlineData("llama_all_linear")]
    [InlineData("llama_rank_pattern")]
    public void Heat_map_has_the_norms_of_the_recorded_deltas(string name)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using var folder = new TemporaryFolder();
        string page = Page(folder, fixture.AdapterFolder, "--base", fixture.BaseFolder);
        IReadOnlyDictionary<string, OracleTensor> weights = OracleSafetensors.Read(Path.Combine(fixture.BaseFolder, "model.safetensors"));
        int compared = 0;
        foreach ((string parameter, DenseArray delta) in fixture.ExpectedDeltas)
        {
            string path = parameter[..^".weight".Length];
            double norm = Math.Sqrt(delta.Values.Sum(value => value * value));
            double weight = Math.Sqrt(weights[parameter].ToArray().Values.Sum(value => value * value));
            Assert.InRange(Value(page, "norm", path), norm * (1 - 1e-5), norm * (1 + 1e-5));
            Assert.InRange(Value(page, "relative", path), norm / weight * (1 - 1e-5), norm / weight * (1 + 1e-5));
            compared++;
        }

        Assert.True(compared >= 2);
    }

    [Fact]
    public void Page_needs_nothing_beside_it()
    {
        using var folder = new TemporaryFolder();
        string page = Page(folder, Fixtures.Case("llama_qv").AdapterFolder);
        Assert.DoesNotMatch("(?i)<script|<link|<img|url\\(|https?://|@import", page);
        Assert.Equal(3 * 6, Regex.Count(page, "<td style"));
    }

    [Fact]
    public void Names_from_files_are_text()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        copy.Set("base_model_name_or_path", "\"<script>alert(1)</script>\\u202e\"");
        using var folder = new TemporaryFolder();
        string page = Page(folder, copy.Save());
        Assert.DoesNotContain("<script", page);
        Assert.DoesNotContain("\u202e", page);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;\\u202e", page);
    }

    [Fact]
    public void Two_adapters_show_where_they_differ()
    {
        using var folder = new TemporaryFolder();
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        copy.Set("lora_alpha", "24");
        string page = Page(folder, Fixtures.Case("llama_qv").AdapterFolder, copy.Save());
        Assert.Contains("6 of 6 modules differ", page);
        Assert.Equal(0.5, Value(page, "difference", "model.layers.1.self_attn.q_proj"), 1e-9);

        using AdapterCopy equal = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        string same = Page(folder, Fixtures.Case("llama_qv").AdapterFolder, equal.Save());
        Assert.Contains("they change the model in the same way", same);
    }

    [Fact]
    public void Refused_adapter_leaves_no_page()
    {
        using var folder = new TemporaryFolder();
        string page = Path.Combine(folder.Path, "page.html");
        CommandResult result = Command.Run("report", Fixtures.Case("legacy_alpha_ambiguous").AdapterFolder, "--output", page).ExitsWith(1);
        Assert.Contains("error TF3502", result.Error);
        Assert.False(File.Exists(page));
    }

    [Fact]
    public void One_of_two_that_is_refused_is_on_the_page_with_the_reason()
    {
        using var folder = new TemporaryFolder();
        string page = Path.Combine(folder.Path, "page.html");
        Command.Run("report", Fixtures.Case("llama_qv").AdapterFolder, Fixtures.Case("legacy_alpha_ambiguous").AdapterFolder, "--output", page).ExitsWith(4);
        string text = File.ReadAllText(page);
        Assert.Contains("It could not be read", text);
        Assert.Contains("error TF3502", text);
    }

    [Fact]
    public void Json_has_the_numbers_of_the_page()
    {
        using var folder = new TemporaryFolder();
        string page = Path.Combine(folder.Path, "page.html");
        using JsonDocument report = JsonDocument.Parse(
            Command.Run("report", Fixtures.Case("llama_qv").AdapterFolder, "--output", page, "--json").ExitsWith(0).Output);
        Assert.Equal("transfuse.report/1", report.RootElement.GetProperty("schema").GetString());
        JsonElement[] modules = [.. report.RootElement.GetProperty("inputs")[0].GetProperty("modules").EnumerateArray()];
        Assert.Equal(6, modules.Length);
        Assert.All(modules, module => Assert.Equal(Norm(module), Value(File.ReadAllText(page), "norm", module.GetProperty("path").GetString()!)));

        // The four that change most have a spectrum.
        JsonElement[] strongest = [.. modules.OrderByDescending(Norm).Take(4)];
        Assert.All(strongest, module =>
        {
            double[] values = Values(module);
            Assert.Equal(8, values.Length);
            Assert.Equal(Norm(module), Math.Sqrt(values.Sum(value => value * value)), 1e-6);
        });
        Assert.All(modules.Except(strongest), module => Assert.Empty(Values(module)));

        static double Norm(JsonElement module) => module.GetProperty("norm").GetDouble();
        static double[] Values(JsonElement module) => [.. module.GetProperty("singular_values").EnumerateArray().Select(value => value.GetDouble())];
    }

    [Fact]
    public void Page_is_no_file_of_an_adapter()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        string folder = copy.Save();
        string weights = Path.Combine(folder, "adapter_model.safetensors");
        byte[] before = File.ReadAllBytes(weights);
        CommandResult result = Command.Run("report", folder, "--output", weights).ExitsWith(2);
        Assert.Contains("--output", result.Error);
        Assert.Equal(before, File.ReadAllBytes(weights));
    }

    private static string Page(TemporaryFolder folder, params string[] arguments)
    {
        string page = Path.Combine(folder.Path, "page.html");
        Command.Run(["report", .. arguments, "--output", page]).ExitsWith(0);
        return File.ReadAllText(page);
    }

    // The value that the cell of a module has in one of the page's heat maps.
    private static double Value(string page, string map, string path)
    {
        foreach (string table in page.Split("<table class=\"map\" ").Skip(1).Where(table => table.StartsWith($"data-map=\"{map}\"", StringComparison.Ordinal)))
        {
            foreach (Match cell in Cell().Matches(table[..table.IndexOf("</table>", StringComparison.Ordinal)]).Where(cell => WebUtility.HtmlDecode(cell.Groups[1].Value) == path))
            {
                return double.Parse(cell.Groups[2].Value, CultureInfo.InvariantCulture);
            }
        }

        throw new Xunit.Sdk.XunitException($"{path} is not in the map {map}");
    }

    [GeneratedRegex("data-path=\"([^\"]*)\" data-value=\"([^\"]*)\"")]
    private static partial Regex Cell();
}
