using Transfuse.Apply.Models.Expressions;
using Transfuse.Apply.Models.Table;
using Transfuse.Formats.Json;

namespace Transfuse.Apply.Tests.Models;

/// <summary>The table has the form that the decoder reads: known sections, words of the vocabulary, and expressions that parse.</summary>
public class ModelTableTests
{
    private static readonly string[] Sections =
    [
        "class", "dims", "paths", "embed", "norm", "block", "attn", "rope", "mixer", "mlp", "moe", "ple", "head", "post_init", "config", "required",
        "config_root",
        "config_root_optional", "core", "core_prefix", "cores", "outer_fields", "forced_fields", "hf_norms_plus_one",
    ];

    public static TheoryData<string> Types { get; } = [.. ModelTable.Types];

    [Theory]
    [MemberData(nameof(Types))]
    public void Has_only_known_sections_and_the_slots_that_every_model_needs(string type)
    {
        ModelEntry entry = ModelTable.Find(type)!;

        Assert.All(entry.Fields.Members, member => Assert.Contains(member.Key, Sections));
        foreach (string slot in new[] { "dims.N", "dims.H", "dims.V", "paths.layers", "paths.embed", "norm.kind", "norm.eps", "block.placement" })
        {
            Assert.NotNull(entry.Word(slot));
        }

        Assert.True(entry.Find("attn") is not null || entry.Find("mixer") is not null);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Has_only_expressions_that_parse(string type)
    {
        ModelEntry entry = ModelTable.Find(type)!;
        int parsed = 0;
        foreach (string section in new[] { "dims", "post_init" })
        {
            foreach ((string name, JsonValue value) in (entry.Find(section) as JsonObject ?? JsonObject.Empty).Members)
            {
                Assert.True(value is JsonString, $"{section}.{name}");
                Assert.NotNull(ExpressionParser.Parse(((JsonString)value).Value));
                parsed++;
            }
        }

        foreach (string slot
            in new[]
            {
                "attn.layers",
                "attn.scale",
                "attn.bias_qkv",
                "attn.bias_o",
                "rope.base",
                "rope.dims",
                "rope.layers",
                "mlp.inner",
                "mlp.bias",
                "moe.layers",
                "moe.router.top_k",
                "head.tie",
                "head.mul",
                "head.div",
            })
        {
            if (entry.Find(slot) is JsonString)
            {
                Assert.NotNull(entry.Expression(slot));
            }
        }

        Assert.InRange(parsed, 5, 20);
    }
}
