using System.Text;
using System.Text.Json;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Rules;
using Transfuse.Conversion.Models.Architectures.Table;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Models.Architectures;

/// <summary>What holds for every entry, beyond what the reader of the table enforces: closed vocabularies and no unknown members.</summary>
public class TableSchemaTests
{
    private const string Body = """
        {"model_type": "a", "class": "identity", "confidence": "high", "layers": {"transformers5": "model.layers", "mlx": "model.layers"},
         "swift": {"llm": "model.layers"}, "keys": {}, "config": {}, "tying": {"hf": "true", "mlx": "never"}}
        """;

    private static IEnumerable<Architecture> Own => ArchitectureTable.Default.All.Where(architecture => architecture.AliasOf is null);

    [Fact]
    public void There_are_123_model_types_13_of_them_aliases()
    {
        Assert.Equal(123, ArchitectureTable.Default.All.Length);
        Assert.Equal(13, ArchitectureTable.Default.All.Count(architecture => architecture.AliasOf is not null));
        Assert.Equal(123, ArchitectureTable.Default.All.Select(architecture => architecture.ModelType).Distinct().Count());
    }

    [Fact]
    public void Low_confidence_is_what_the_table_says() =>
        Assert.Equal(
            ["Klear", "afm7", "hunyuan_v1_moe", "laguna", "lille-130m", "longcat_flash_ngram", "nanochat", "olmo", "phi-msft", "phixtral", "qwen3_5_text", "step3p5"],
            ArchitectureTable.Default.All.Where(architecture => architecture.Confidence == Confidence.Low).Select(architecture => architecture.ModelType).Order(StringComparer.Ordinal));

    [Fact]
    public void Finds_a_model_type_in_its_own_case_only()
    {
        Assert.Equal("llama", ArchitectureTable.Default.Find("mistral")!.AliasOf);
        Assert.NotNull(ArchitectureTable.Default.Find("Klear"));
        Assert.Null(ArchitectureTable.Default.Find("klear"));
        Assert.Null(ArchitectureTable.Default.Find(""));
    }

    [Fact]
    public void Every_target_of_a_rule_is_adaptable_in_mlx()
    {
        int targets = 0;
        foreach (Architecture architecture in Own)
        {
            foreach (PathPattern path in architecture.Rules.SelectMany(rule => rule.Targets).Select(target => target.Path))
            {
                targets++;
                Assert.True(
                    path.InLayer
                        ? architecture.Keys.Any(key => key.Path.Path == path.Path)
                        : architecture.Globals.Any(module => module.Mlx?.Path == path.Path),
                    $"{architecture}: {path}");
            }
        }

        Assert.InRange(targets, 300, 2000);
    }

    [Fact]
    public void Experts_lead_to_stacked_layers_and_nothing_else_does()
    {
        foreach (Architecture architecture in Own)
        {
            foreach (Rule rule in architecture.Rules)
            {
                bool leadsToSwitch = rule.Targets.Any(target => architecture.Keys.Any(key => key.Kind == TargetKind.Switch && key.Path.Path == target.Path.Path));
                bool holdsExperts = rule is StackRule or PackedRule || (rule is SplitRule && rule.Source.HasExpert);
                Assert.True(leadsToSwitch == holdsExperts, $"{architecture}: {rule.Source}");
                Assert.True(rule is not StackRule || rule.Source.HasExpert, $"{architecture}: {rule.Source}");
            }
        }
    }

    [Fact]
    public void Every_stacked_layer_has_a_source_in_each_layout_that_the_model_exists_in()
    {
        foreach (Architecture architecture in Own)
        {
            foreach (AdaptableKey key in architecture.Keys.Where(key => key.Kind == TargetKind.Switch))
            {
                Rule[] rules = [.. architecture.Rules.Where(rule => rule.Targets.Any(target => target.Path.Path == key.Path.Path))];
                Assert.Contains(rules, rule => rule.IsWrittenFor(HfLayout.Transformers4));
                Assert.Contains(rules, rule => architecture.IsRemoteCode || rule.IsWrittenFor(HfLayout.Transformers5));
            }
        }
    }

    [Fact]
    public void Parts_of_a_tensor_cover_its_rows_once()
    {
        foreach (Architecture architecture in Own)
        {
            foreach (Rule rule in architecture.Rules.Where(rule => rule is PackedRule or SplitRule))
            {
                RowSelection[] parts = [.. rule.Targets.Select(target => target.Rows.Resolve(SyntheticBase.Config())!.Value)];
                long rows = parts.Max(part => part.Every) is > 0 and long every ? every * 2 : 12;
                Assert.Equal(
                    Enumerable.Range(0, (int)rows).Select(row => (long)row),
                    parts.SelectMany(part => Enumerable.Range(0, (int)part.CountIn(rows)).Select(i => part.Row(i, rows))).Order());
            }
        }
    }

    [Fact]
    public void Reasons_are_of_the_closed_vocabulary()
    {
        HashSet<string> used = [];
        foreach (Architecture architecture in Own)
        {
            used.UnionWith(architecture.Refused.Values);
            used.UnionWith(architecture.Rules.OfType<UnsupportedRule>().Select(rule => rule.Reason));
            used.UnionWith(architecture.Rules.OfType<DropRule>().Select(rule => rule.Reason));
            used.UnionWith(architecture.Globals.Select(module => module.Refused).OfType<string>());
            Assert.Empty(architecture.Refused.Keys.Intersect(architecture.Keys.Select(key => key.Path.Path)));
        }

        Assert.Subset(Reasons.Texts.Keys.ToHashSet(), used);
        Assert.Equal(Reasons.Texts.Count - 1, used.Count); // "tied" follows from the tying rules alone
    }

    [Fact]
    public void Every_entry_says_what_its_head_is()
    {
        foreach (Architecture architecture in Own)
        {
            GlobalModule head = Assert.Single(architecture.Globals, module => module.Role == ModuleRole.Head);
            Assert.Equal(architecture.Tying.Mlx == MlxTying.Always, head.Mlx is null);
            Assert.Single(architecture.Globals, module => module.Role == ModuleRole.InputEmbedding);
            Assert.NotEmpty(architecture.Config.Layers);
            Assert.NotEmpty(architecture.Config.Hidden);
            Assert.Equal(architecture.Keys.Any(key => key.Kind == TargetKind.Switch) || architecture.ModelType == "dbrx", !architecture.Config.Experts.IsEmpty);
        }
    }

    [Theory]
    [InlineData("\"surprise\": 1")]
    [InlineData("\"confidence\": \"certain\"")]
    [InlineData("\"rules\": [{\"kind\": \"guess\", \"hf\": \"a\"}]")]
    [InlineData("\"rules\": [{\"kind\": \"stack\", \"hf\": \"a.{e}\", \"mlx\": \"b\", \"note\": \"\"}]")]
    [InlineData("\"rules\": [{\"kind\": \"stack\", \"hf\": \"a.{e}\", \"mlx\": \"b\", \"runtime\": \"6\"}]")]
    [InlineData("\"rules\": [{\"kind\": \"scale\", \"hf\": \"a\", \"mlx\": \"b\", \"factor\": {\"pow\": [1, 2]}}]")]
    [InlineData("\"rules\": [{\"kind\": \"split_rows\", \"hf\": \"a\", \"targets\": [{\"mlx\": \"b\", \"rows\": \"some\"}]}]")]
    [InlineData("\"rules\": [{\"kind\": \"drop\", \"hf\": \"a\", \"reason\": \"shared_kv\", \"when\": {\"layer\": \"lt\", \"value\": 1}}]")]
    [InlineData("\"tying\": {\"hf\": \"maybe\", \"mlx\": \"never\"}")]
    public void Refuses_what_the_schema_does_not_have(string member)
    {
        Dictionary<string, string> members = new()
        {
            ["model_type"] = "\"x\"",
            ["class"] = "\"identity\"",
            ["confidence"] = "\"high\"",
            ["layers"] = "{\"transformers5\": \"model.layers\", \"mlx\": \"model.layers\"}",
            ["keys"] = "{}",
            ["config"] = "{}",
            ["tying"] = "{\"hf\": \"true\", \"mlx\": \"never\"}",
        };
        Assert.Single(TableReader.Read(Stream(members)));

        int colon = member.IndexOf(':', StringComparison.Ordinal);
        members[member[1..(colon - 1)]] = member[(colon + 1)..];
        Assert.Throws<FormatException>(() => TableReader.Read(Stream(members)));
    }

    [Fact]
    public void An_entry_like_another_has_its_members_but_for_those_that_it_states_or_leaves_out()
    {
        Architecture[] read = [.. TableReader.Read(Stream(Body, """{"model_type": "b", "like": "a", "confidence": "low", "swift": null, "tying": {"hf": "false", "mlx": "always"}}"""))];

        Assert.Equal("model.layers", read[1].Layers.Mlx);
        Assert.Equal(Confidence.Low, read[1].Confidence);
        Assert.NotNull(read[0].Swift);
        Assert.Null(read[1].Swift);
        Assert.False(read[1].Tying.HuggingFaceDefault);
    }

    [Theory]
    [InlineData("""{"model_type": "b", "like": "c", "confidence": "low"}""")]
    [InlineData("""{"model_type": "b", "like": "a", "confidence": "low"}, {"model_type": "c", "like": "b", "confidence": "low"}""")]
    [InlineData("""{"model_type": "b", "like": "a", "confidence": "low", "unheard_of": 1}""")]
    public void Refuses_to_be_like_what_has_no_body_of_its_own(string entries) =>
        Assert.Throws<FormatException>(() => TableReader.Read(Stream(Body, entries)));

    [Fact]
    public void Committed_file_is_plain_json_of_schema_1()
    {
        string path = Path.Combine(Fixtures.RepositoryRoot, "src", "Conversion", "Models", "Architectures", "architectures.json");
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
        Assert.Equal("transfuse.architectures/1", document.RootElement.GetProperty("schema").GetString());
    }

    private static MemoryStream Stream(Dictionary<string, string> members) =>
        Stream($"{{{string.Join(',', members.Select(item => $"\"{item.Key}\": {item.Value}"))}}}");

    private static MemoryStream Stream(params string[] entries) => new(Encoding.UTF8.GetBytes(
        $$"""{"schema": "transfuse.architectures/1", "architectures": [{{string.Join(',', entries)}}]}"""));
}
