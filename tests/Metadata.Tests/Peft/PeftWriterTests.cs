using FsCheck;
using FsCheck.Fluent;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Matching;
using Transfuse.Metadata.Peft;

namespace Transfuse.Metadata.Tests.Peft;

public class PeftWriterTests
{
    [Fact]
    public void Equal_modules_need_no_patterns() => Assert.Equal(
        "r=4 lora_alpha=8",
        Text(PeftRankWriter.Minimize([Module("m.q", 4, 8), Module("m.v", 4, 8)])));

    [Fact]
    public void The_most_frequent_values_are_the_defaults_and_others_are_listed_in_order() => Assert.Equal(
        "r=4 lora_alpha=8 rank_pattern:m.a=16,m.z=2 alpha_pattern:m.a=32,m.q=2.5",
        Text(PeftRankWriter.Minimize([Module("m.z", 2, 8), Module("m.q", 4, 2.5), Module("m.a", 16, 32), Module("m.v", 4, 8), Module("m.w", 4, 8)])));

    [Fact]
    public void Equally_frequent_values_give_the_smaller() => Assert.Equal(
        "r=2 lora_alpha=8 rank_pattern:m.q=4 alpha_pattern:m.v=16",
        Text(PeftRankWriter.Minimize([Module("m.q", 4, 8), Module("m.v", 2, 16)])));

    [Fact]
    public void Paths_that_would_match_other_modules_are_anchored_and_escaped()
    {
        // "lm_head" would match "m.lm_head" too; the dot of "m.q" would match "mxq".
        Assert.Equal(
            "r=8 lora_alpha=16 rank_pattern:^lm_head=4",
            Text(PeftRankWriter.Minimize([Module("lm_head", 4, 16), Module("m.lm_head", 8, 16), Module("m.v", 8, 16)])));
        Assert.Equal(
            @"r=8 lora_alpha=16 alpha_pattern:^m\.q=4",
            Text(PeftRankWriter.Minimize([Module("m.q", 8, 4), Module("mxq", 8, 16), Module("m.v", 8, 16)])));
        Assert.Equal(
            @"r=8 lora_alpha=16 rank_pattern:^m\.a\+b\(c=4",
            Text(PeftRankWriter.Minimize([Module("m.a+b(c", 4, 16), Module("m.b", 8, 16), Module("m.c", 8, 16)])));
    }

    [Fact]
    public void Refuses_modules_that_cannot_be_told_apart()
    {
        Assert.Throws<ArgumentException>(() => PeftRankWriter.Minimize([]));
        Assert.Throws<ArgumentException>(() => PeftRankWriter.Minimize([Module("m.q", 8, 16), Module("m.q", 4, 16)]));
        Assert.Throws<ArgumentException>(() => PeftRankWriter.Minimize([Module("m.q", 4, 16), Module("m.q\n", 8, 16), Module("m.v", 8, 16)]));
    }

    [Fact]
    public void Fields_read_back_as_config()
    {
        var modules = new[] { Module("m.q", 4, 2.5), Module("m.v", 8, 16), Module("m.w", 8, 16) };
        var json = new JsonObject(PeftRankWriter.Minimize(modules).ToJson().Prepend(new("peft_type", new JsonString("LORA"))));
        Assert.Equal(["peft_type", "r", "lora_alpha", "rank_pattern", "alpha_pattern"], json.Members.Select(member => member.Key));
        var log = new FindingLog();
        var matcher = new PeftPatternMatcher(PeftConfig.Parse(json, log, "adapter_config.json"), new RegexBudget());
        Assert.Equal(0, log.Count);
        Assert.All(modules, module => Assert.Equal((module.Rank, module.Alpha.Value), matcher.Load(module.Path)));
        Assert.Equal(["r", "lora_alpha"], PeftRankWriter.Minimize([modules[0]]).ToJson().Select(field => field.Key));
    }

    [Fact]
    public void Every_module_gets_its_values_back() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(
        Gen.SubListOf<string>(["m.layers.0.q", "m.layers.0.v", "m.layers.1.q", "layers.0.q", "q", "lm_head", "m.lm_head", "mxlayers.0.q", "m.a+b", "m.a|q", "m.$", "0"]).Where(paths => paths.Count > 0).ToArbitrary(),
        Gen.Choose(1, 3).ArrayOf(12).ToArbitrary(),
        Gen.Choose(1, 3).ArrayOf(12).ToArbitrary(),
        (paths, ranks, alphas) =>
        {
            PeftModuleSetting[] modules = [.. paths.Select((path, index) => Module(path, ranks[index], alphas[index] * 4))];
            PeftRankFields fields = PeftRankWriter.Minimize(modules);
            var json = new JsonObject(fields.ToJson().Prepend(new("peft_type", new JsonString("LORA"))));
            var matcher = new PeftPatternMatcher(PeftConfig.Parse(json, new FindingLog(), "x"), new RegexBudget());
            return modules.All(module => matcher.Load(module.Path) == (module.Rank, module.Alpha.Value))
                && fields.RankPattern.Select(entry => entry.Key).SequenceEqual(fields.RankPattern.Select(entry => entry.Key).Order(StringComparer.Ordinal))
                && fields.RankPattern.Length == modules.Count(module => module.Rank != fields.Rank);
        }));

    [Fact]
    public void Targets_are_last_names_where_the_whole_model_agrees() => Assert.Equal(
        "[q,v]",
        Text(PeftTargetWriter.Minimize(["m.0.q", "m.1.q", "m.0.v", "m.1.v"], ["m", "m.0", "m.1", "m.0.q", "m.1.q", "m.0.v", "m.1.v", "m.0.qx"])));

    [Fact]
    public void Targets_are_whole_paths_where_a_module_of_that_name_is_not_adapted()
    {
        string[] universe = ["m.0.q", "m.1.q", "m.2.q", "m.0.v", "m.1.v", "m.2.v", "vision.0.v"];
        Assert.Equal("[m.1.q,m.2.q]", Text(PeftTargetWriter.Minimize(["m.2.q", "m.1.q"], universe)));
        Assert.Equal("[m.0.v,m.1.v,m.2.v,q]", Text(PeftTargetWriter.Minimize(["m.0.q", "m.1.q", "m.2.q", "m.0.v", "m.1.v", "m.2.v"], universe)));
    }

    [Fact]
    public void Targets_are_whole_paths_where_the_model_is_not_known()
    {
        Assert.Equal("[m.0.q,m.1.q]", Text(PeftTargetWriter.Minimize(["m.1.q", "m.0.q"], null)));
        Assert.Equal("[]", Text(PeftTargetWriter.Minimize([], null)));
    }

    [Fact]
    public void Targets_are_a_pattern_where_a_path_ends_another() => Assert.Equal(
        "lm_head|m\\.q",
        Text(PeftTargetWriter.Minimize(["lm_head", "m.q"], ["lm_head", "m.q", "m.lm_head", "m.v"])));

    [Fact]
    public void Targets_name_exactly_the_adapter() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(
        Gen.SubListOf<string>(["m.0.q", "m.1.q", "0.q", "q", "m.0", "m.0.a.q", "vision.0.q", "lm_head", "m.lm_head", "m.v", "v"]).ToArbitrary(),
        Gen.SubListOf<string>(["m.0.q", "m.1.q", "0.q", "q", "m.0", "m.0.a.q", "vision.0.q", "lm_head", "m.lm_head", "m.v", "v"]).ToArbitrary(),
        (adapter, others) =>
        {
            string[] universe = [.. adapter.Concat(others).Distinct()];
            JsonValue targets = PeftTargetWriter.Minimize([.. adapter], universe);
            var json = new JsonObject([new("peft_type", new JsonString("LORA")), new("target_modules", targets)]);
            var matcher = new PeftTargetMatcher(PeftConfig.Parse(json, new FindingLog(), "x"), new RegexBudget());
            return universe.All(path => (matcher.Match(path) == PeftTargetVerdict.Targeted) == adapter.Contains(path));
        }));

    private static PeftModuleSetting Module(string path, int rank, double alpha) =>
        new(path, rank, double.IsInteger(alpha) ? JsonNumber.Of((long)alpha) : JsonNumber.Of(alpha));

    private static string Text(PeftRankFields fields) => string.Join(' ', fields.ToJson().Select(field => field.Value is JsonObject entries
        ? $"{field.Key}:{string.Join(',', entries.Members.Select(entry => $"{entry.Key}={((JsonNumber)entry.Value).Text}"))}"
        : $"{field.Key}={((JsonNumber)field.Value).Text}"));

    private static string Text(JsonValue targets) => targets is JsonArray list
        ? $"[{string.Join(',', list.Items.Select(item => ((JsonString)item).Value))}]"
        : ((JsonString)targets).Value;
}
