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
        var matcher = new PeftPatternMatcher(PeftConfig.Parse(json, "adapter_config.json").Into(log), new RegexBudget());
        Assert.Equal(0, log.Count);
        Assert.All(modules, module => Assert.Equal((module.Rank, module.Alpha.Value), matcher.Load(module.Path)));
        Assert.Equal(["r", "lora_alpha"], PeftRankWriter.Minimize([modules[0]]).ToJson().Select(field => field.Key));
    }

    [Fact]
    public void Every_module_gets_its_values_back() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(
        Gen.SubListOf<string>(
            ["m.layers.0.q", "m.layers.0.v", "m.layers.1.q", "layers.0.q", "q", "lm_head", "m.lm_head", "mxlayers.0.q", "m.a+b", "m.a|q", "m.$", "0"])
            .Where(paths => paths.Count > 0)
            .ToArbitrary(),
        Gen.Choose(1, 3).ArrayOf(12).ToArbitrary(),
        Gen.Choose(1, 3).ArrayOf(12).ToArbitrary(),
        (paths, ranks, alphas) =>
        {
            PeftModuleSetting[] modules = [.. paths.Select((path, index) => Module(path, ranks[index], alphas[index] * 4))];
            PeftRankFields fields = PeftRankWriter.Minimize(modules);
            var json = new JsonObject(fields.ToJson().Prepend(new("peft_type", new JsonString("LORA"))));
            var matcher = new PeftPatternMatcher(PeftConfig.Parse(json, "x").Value, new RegexBudget());
            return modules.All(module => matcher.Load(module.Path) == (module.Rank, module.Alpha.Value))
                && fields.RankPattern.Select(entry => entry.Key).SequenceEqual(fields.RankPattern.Select(entry => entry.Key).Order(StringComparer.Ordinal))
                && fields.RankPattern.Length == modules.Count(module => module.Rank != fields.Rank);
        }));

    [Fact]
    public void Targets_are_whole_paths()
    {
        Assert.Equal("[m.0.q,m.1.q]", Text(PeftTargetWriter.Write(["m.1.q", "m.0.q", "m.1.q"])));
        Assert.Equal("[]", Text(PeftTargetWriter.Write([])));
    }

    private static PeftModuleSetting Module(string path, int rank, double alpha) =>
        new(path, rank, double.IsInteger(alpha) ? JsonNumber.Of((long)alpha) : JsonNumber.Of(alpha));

    private static string Text(PeftRankFields fields) => string.Join(' ', fields.ToJson().Select(field => field.Value is JsonObject entries
        ? $"{field.Key}:{string.Join(',', entries.Members.Select(entry => $"{entry.Key}={((JsonNumber)entry.Value).Text}"))}"
        : $"{field.Key}={((JsonNumber)field.Value).Text}"));

    private static string Text(JsonArray targets) => $"[{string.Join(',', targets.Items.Select(item => ((JsonString)item).Value))}]";
}
