using FsCheck;
using FsCheck.Fluent;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Matching;
using Transfuse.Metadata.Peft;

namespace Transfuse.Metadata.Tests.Peft;

public class PeftMatchingTests
{
    /// <summary>
    /// peft-matching.json: what PEFT's own functions gave for random configs and paths. Per row: path; targeted by PEFT at 5d602fdb (0.20.1.dev0) and by
    /// 0.19.0; rank and alpha by the rules of 0.15 and later, of 0.14, and of 0.6 to 0.13.
    /// </summary>
    [Fact]
    public void Agrees_with_recorded_PEFT()
    {
        int rows = 0;
        int targeted = 0;
        int layers = 0;
        int shared = 0;
        foreach (JsonObject entry in ((JsonArray)Fixtures.Json("Metadata.Tests", "Peft", "peft-matching.json")).Items.Cast<JsonObject>())
        {
            PeftConfig config = PeftConfig.Parse((JsonObject)entry["config"]!, "adapter_config.json").Value;
            var budget = new RegexBudget(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60));
            var now = new PeftTargetMatcher(config, budget);
            var before = new PeftTargetMatcher(config, budget, PeftLayerRule.LastIndex);
            var patterns = new PeftPatternMatcher(config, budget);
            foreach (JsonArray row in ((JsonArray)entry["rows"]!).Items.Cast<JsonArray>())
            {
                string path = ((JsonString)row.Items[0]).Value;
                bool expectedNow = ((JsonBoolean)row.Items[1]).Value;
                bool expectedBefore = ((JsonBoolean)row.Items[2]).Value;
                Assert.Equal((path, expectedNow), (path, now.Match(path) == PeftTargetVerdict.Targeted));
                Assert.Equal((path, expectedBefore), (path, before.Match(path) == PeftTargetVerdict.Targeted));
                Assert.Equal((path, Pair(row.Items[3])), (path, patterns.Load(path)));
                Assert.Equal((path, Pair(row.Items[4])), (path, patterns.Load(path, PeftPatternRule.AfterDot)));
                Assert.Equal((path, Pair(row.Items[5])), (path, patterns.Load(path, PeftPatternRule.SharedKey)));
                foreach (var group in patterns.Read(path).GroupBy(reading => reading.Rule))
                {
                    Assert.Equal((path, patterns.Load(path, group.Key)), (path, (group.First().Ranks[0], group.First().Alphas[0])));
                }

                rows++;
                targeted += expectedNow ? 1 : 0;
                layers += expectedNow != expectedBefore ? 1 : 0;
                shared += Pair(row.Items[3]) != Pair(row.Items[5]) ? 1 : 0;
            }
        }

        Assert.Equal((1000, 183, 58, 131), (rows, targeted, layers, shared));
    }

    [Theory]
    [InlineData("[\"q_proj\"]", "model.layers.0.self_attn.q_proj", nameof(PeftTargetVerdict.Targeted))]
    [InlineData("[\"q_proj\"]", "q_proj", nameof(PeftTargetVerdict.Targeted))]
    [InlineData("[\"proj\"]", "model.q_proj", nameof(PeftTargetVerdict.NotTargeted))]
    [InlineData("[\"self_attn.q_proj\"]", "model.layers.3.self_attn.q_proj", nameof(PeftTargetVerdict.Targeted))]
    [InlineData("[\"attn.q_proj\"]", "model.layers.3.self_attn.q_proj", nameof(PeftTargetVerdict.NotTargeted))]
    [InlineData("[\"q_proj\"]", "model.q_proj.base", nameof(PeftTargetVerdict.NotTargeted))]
    [InlineData("[]", "q_proj", nameof(PeftTargetVerdict.NotTargeted))]
    [InlineData("[\"\"]", "model.", nameof(PeftTargetVerdict.Targeted))]
    [InlineData("\"q_proj\"", "model.layers.0.self_attn.q_proj", nameof(PeftTargetVerdict.NotTargeted))]
    [InlineData("\"q_proj\"", "q_proj", nameof(PeftTargetVerdict.Targeted))]
    [InlineData("\".*\\\\.q_proj\"", "model.Q_proj", nameof(PeftTargetVerdict.NotTargeted))]
    [InlineData("\"model\"", "model.q_proj", nameof(PeftTargetVerdict.NotTargeted))]
    [InlineData("\"all-linear\"", "model.q_proj", nameof(PeftTargetVerdict.DependsOnModel))]
    [InlineData("null", "model.q_proj", nameof(PeftTargetVerdict.DependsOnModel))]
    public void Lists_name_suffixes_and_strings_are_patterns(string targets, string path, string verdict) =>
        Assert.Equal(verdict, Targets($"\"target_modules\":{targets}").Match(path).ToString());

    [Fact]
    public void Exclusion_and_saved_modules_win_over_targets()
    {
        const string Fields = "\"target_modules\":[\"q\",\"lm_head\",\"norm\"],\"exclude_modules\":[\"l.0.q\"],\"modules_to_save\":[\"lm_head\",\"n.rm\"]";
        PeftTargetMatcher matcher = Targets(Fields);
        Assert.Equal(PeftTargetVerdict.Excluded, matcher.Match("m.l.0.q"));
        Assert.Equal(PeftTargetVerdict.Targeted, matcher.Match("m.xl.0.q"));
        Assert.Equal(PeftTargetVerdict.Saved, matcher.Match("lm_head"));
        Assert.Equal(PeftTargetVerdict.Saved, matcher.Match("m.lm_head.q"));
        Assert.Equal(PeftTargetVerdict.Saved, matcher.Match("m.norm"));
        Assert.Equal(PeftTargetVerdict.Targeted, matcher.Match("m.lm_heads.q"));
        Assert.Equal(PeftTargetVerdict.Excluded, Targets("\"target_modules\":\"all-linear\",\"exclude_modules\":\".*vision.*\"").Match("vision.q"));
    }

    [Theory]
    [InlineData("1", "null", "m.layers.1.q", nameof(PeftTargetVerdict.Targeted))]
    [InlineData("[0]", "null", "m.layers.0.q", nameof(PeftTargetVerdict.Targeted))]
    [InlineData("[0,2]", "null", "m.layers.1.q", nameof(PeftTargetVerdict.OutsideLayers))]
    [InlineData("[1]", "null", "m.layers.10.q", nameof(PeftTargetVerdict.OutsideLayers))]
    [InlineData("[1]", "null", "m.layers.001.q", nameof(PeftTargetVerdict.Targeted))]
    [InlineData("[]", "null", "m.layers.9.q", nameof(PeftTargetVerdict.Targeted))]
    [InlineData("[1]", "null", "layers.1.q", nameof(PeftTargetVerdict.OutsideLayers))]
    [InlineData("[1]", "\"layers\"", "m.layers.1.q", nameof(PeftTargetVerdict.Targeted))]
    [InlineData("[1]", "[\"h\",\"layers\"]", "m.layers.1.q", nameof(PeftTargetVerdict.Targeted))]
    [InlineData("[1]", "[\"h\"]", "m.layers.1.q", nameof(PeftTargetVerdict.OutsideLayers))]
    [InlineData("[1]", "[]", "m.layers.1.q", nameof(PeftTargetVerdict.Targeted))]
    [InlineData("[1]", "\"\"", "m.layers.1.q", nameof(PeftTargetVerdict.Targeted))]
    [InlineData("[1]", "null", "m.layers.1.experts.7.q", nameof(PeftTargetVerdict.Targeted))]
    [InlineData("[7]", "null", "m.layers.1.experts.7.q", nameof(PeftTargetVerdict.OutsideLayers))]
    [InlineData("[99999999999]", "null", "m.layers.99999999999999999999.q", nameof(PeftTargetVerdict.OutsideLayers))]
    public void Layers_are_counted_by_the_first_number(string layers, string pattern, string path, string verdict) =>
        Assert.Equal(verdict, Targets($"\"target_modules\":[\"q\"],\"layers_to_transform\":{layers},\"layers_pattern\":{pattern}").Match(path).ToString());

    [Theory]
    [InlineData("m.layers.1.x.layers.7.q", "[7]", PeftLayerRule.LastIndex)]
    [InlineData("m.layers.1.x.layers.7.q", "[1]", PeftLayerRule.FirstIndex)]
    public void A_name_before_two_numbers_gives_the_one_or_the_other(string path, string layers, object rule)
    {
        string fields = $"\"target_modules\":[\"q\"],\"layers_to_transform\":{layers},\"layers_pattern\":\"layers\"";
        foreach (PeftLayerRule each in Enum.GetValues<PeftLayerRule>())
        {
            PeftTargetVerdict expected = each == (PeftLayerRule)rule ? PeftTargetVerdict.Targeted : PeftTargetVerdict.OutsideLayers;
            Assert.Equal(expected, Targets(fields, each).Match(path));
        }
    }

    [Fact]
    public void Before_0_20_the_last_number_counted()
    {
        const string Fields = "\"target_modules\":[\"q\"],\"layers_to_transform\":[7]";
        Assert.Equal(PeftTargetVerdict.Targeted, Targets(Fields, PeftLayerRule.LastIndex).Match("m.layers.1.experts.7.q"));
        Assert.Equal(PeftLayerRule.LastIndex, PeftTargetMatcher.RuleOf(Version("0.19.1")));
        Assert.Equal(PeftLayerRule.FirstIndex, PeftTargetMatcher.RuleOf(Version("0.20.0")));
        Assert.Equal(PeftLayerRule.FirstIndex, PeftTargetMatcher.RuleOf(null));
    }

    [Fact]
    public void Paths_in_full_are_adapted_whatever_their_layer() =>
        Assert.Equal(PeftTargetVerdict.Targeted, Targets("\"target_modules\":[\"m.layers.5.q\"],\"layers_to_transform\":[1]").Match("m.layers.5.q"));

    [Fact]
    public void Groups_in_a_layers_pattern_are_refused_where_they_take_no_number()
    {
        PeftTargetMatcher matcher = Targets("\"target_modules\":[\"q\"],\"layers_to_transform\":[1],\"layers_pattern\":\"(layers|h)\"");
        Assert.Throws<PythonRegexException>(() => matcher.Match("m.layers.1.q"));
        Assert.Equal(PeftTargetVerdict.OutsideLayers, matcher.Match("m.blocks.1.q"));
    }

    [Fact]
    public void Parameters_are_named_by_suffix_without_patterns()
    {
        PeftTargetMatcher matcher = Targets("\"target_parameters\":[\"mlp.experts.gate_up_proj\",\"w.\"]");
        Assert.True(matcher.MatchesParameter("model.layers.0.mlp.experts.gate_up_proj"));
        Assert.True(matcher.MatchesParameter("model.layers.0.mlp.experts.base_layer.base_layer.gate_up_proj"));
        Assert.False(matcher.MatchesParameter("model.layers.0.xmlp.experts.gate_up_proj"));
        Assert.False(matcher.MatchesParameter("model.wx"));
        Assert.Equal(PeftTargetVerdict.NotTargeted, matcher.Match("model.layers.0.mlp"));
    }

    [Theory]
    [InlineData("foo", "foo", true, false, false)]
    [InlineData("foo", "m.foo", true, true, true)]
    [InlineData("foo", "m.barfoo", false, false, false)]
    [InlineData("foo", "m.foo.bar", false, false, false)]
    [InlineData("^foo", "foo", true, false, false)]
    [InlineData("^foo", "m.foo", false, false, false)]
    [InlineData("^m.foo", "m.foo", true, false, false)]
    [InlineData("^m\\\\.foo", "m.foo", true, false, false)]
    [InlineData("m.foo", "m.m.foo", true, true, true)]
    [InlineData("m.foo", "mxfoo", true, false, false)]
    [InlineData("m.foo", "m.foo", true, false, false)]
    [InlineData("a|foo", "m.foo", true, false, false)]
    [InlineData(".*\\\\.foo", "m.foo", true, false, false)]
    [InlineData("q|foo", "foo", true, true, true)]
    public void Keys_match_ends_of_paths_after_a_dot(string key, string path, bool current, bool afterDot, bool shared)
    {
        PeftPatternMatcher matcher = Patterns($"\"rank_pattern\":{{\"{key}\":3}}");

        // A key that is the path itself counts under every rule, whether it matches or not.
        bool itself = key == path;
        Assert.Equal(current || itself ? 3 : 8, matcher.Load(path).Rank);
        Assert.Equal(afterDot || itself ? 3 : 8, matcher.Load(path, PeftPatternRule.AfterDot).Rank);
        Assert.Equal(shared || itself ? 3 : 8, matcher.Load(path, PeftPatternRule.SharedKey).Rank);
    }

    [Fact]
    public void Ranks_and_alphas_shared_one_key_before_0_14()
    {
        PeftPatternMatcher matcher = Patterns("\"rank_pattern\":{\"mlp.up\":4},\"alpha_pattern\":{\"up\":32}");
        Assert.Equal((4, 32.0), matcher.Load("m.mlp.up"));
        Assert.Equal((4, 16.0), matcher.Load("m.mlp.up", PeftPatternRule.SharedKey));
        Assert.Equal((8, 32.0), matcher.Load("m.x.up", PeftPatternRule.SharedKey));
    }

    [Theory]
    [InlineData(null, "Current AfterDot SharedKey")]
    [InlineData("0.13.2", "SharedKey")]
    [InlineData("0.14.0", "AfterDot")]
    [InlineData("0.15.0", "Current")]
    [InlineData("0.21.0@UNKNOWN", "Current")]
    public void Versions_choose_the_rules(string? version, string rules) =>
        Assert.Equal(rules, string.Join(' ', PeftPatternMatcher.RulesOf(version is null ? null : Version(version))));

    [Fact]
    public void Sorted_keys_may_have_stood_in_another_order_when_the_adapter_was_trained()
    {
        PeftPatternReading reading = Assert.Single(
            Patterns("\"peft_version\":\"0.20.0\",\"rank_pattern\":{\"l.0.q\":4,\"q\":6},\"alpha_pattern\":{\"q\":32,\"x\":5}").Read("m.l.0.q"));
        Assert.Equal([4, 6], reading.Ranks);
        Assert.Equal([32], reading.Alphas);

        // PEFT would have sorted these, so something else wrote them, in the order that it meant.
        Assert.Equal([6], Assert.Single(Patterns("\"peft_version\":\"0.20.0\",\"rank_pattern\":{\"q\":6,\"l.0.q\":4}").Read("m.l.0.q")).Ranks);
    }

    [Fact]
    public void Keys_that_match_nothing_are_listed()
    {
        PeftPatternMatcher patterns = Patterns("\"rank_pattern\":{\"q\":1,\"nothing\":2},\"alpha_pattern\":{\"m.q\":1,\"^x\":3,\"nothing\":4}");
        Assert.Equal(["nothing"], patterns.UnusedRankKeys(["m.q"]));
        Assert.Equal(["^x", "nothing"], patterns.UnusedAlphaKeys(["m.q"]));
    }

    [Fact]
    public void Names_are_compared_as_the_regular_expression_would()
    {
        const string Characters = "abq_0-..\\^";
        Gen<string> text = Gen.Elements(Characters.ToCharArray()).ArrayOf().Select(letters => new string(letters[..Math.Min(letters.Length, 7)]));
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(3000),
            Prop.ForAll(text.ToArbitrary(), text.ToArbitrary(), Gen.Elements("", "m.", "q").ToArbitrary(), (key, rest, prefix) =>
        {
            string path = prefix + (rest.Length % 2 == 0 ? key.Replace("\\", string.Empty).Replace("^", string.Empty) : rest);
            foreach (PeftPatternRule rule in Enum.GetValues<PeftPatternRule>())
            {
                var budget = new RegexBudget(TimeSpan.FromSeconds(10));
                string pattern = rule == PeftPatternRule.Current ? $@"(.*\.)?({key})$" : $@".*\.{key}$";
                bool? expected = Try(() => PythonRegex.Compile(pattern, budget).IsMatchAtStart(path));
                if (expected != Try(() => new PeftPatternKeys([key], budget).First(path, rule) is not null))
                {
                    return false;
                }
            }

            return true;
        }));

        static bool? Try(Func<bool> match)
        {
            try
            {
                return match();
            }
            catch (PythonRegexException)
            {
                return null;
            }
        }
    }

    [Fact]
    public void Names_to_save_and_names_before_layers_are_found_as_the_regular_expression_would()
    {
        Gen<string> text = Gen.Elements("abq1-..".ToCharArray()).ArrayOf().Select(letters => new string(letters[..Math.Min(letters.Length, 9)]));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(3000), Prop.ForAll(text.ToArbitrary(), text.ToArbitrary(), text.ToArbitrary(), (name, other, rest) =>
        {
            string path = rest + (rest.Length % 3 == 0 ? "." + name + ".1." + other : string.Empty);
            var budget = new RegexBudget(TimeSpan.FromSeconds(10));
            bool saved = new[] { name, other }.Any(item => PythonRegex.Compile($@"(^|.*\.){item}($|\..*)", budget).IsMatchAtStart(path));
            if (new PeftSavedNames([name, other], budget).Matches(path) != saved)
            {
                return false;
            }

            return Enum.GetValues<PeftLayerRule>().All(rule =>
            {
                string start = rule == PeftLayerRule.FirstIndex ? ".*?" : ".*";
                string? layer = new[] { name, other }.Select(item => PythonRegex.Compile($@"{start}\.{item}\.(\d+)\.", budget).MatchAtStart(path)?.Group(1))
                    .FirstOrDefault(digits => digits is not null);
                return new PeftLayerFilter([1, 11], [name, other], rule, budget).Allows(path) == layer is "1" or "11";
            });
        }));
    }

    [Fact]
    public void Thousands_of_patterns_that_are_no_names_stay_within_the_budget()
    {
        string[] keys = [.. Enumerable.Range(0, 5000).Select(index => $@"layers\\.({index}|x{index})\\.(q|v)_proj")];
        PeftPatternMatcher matcher = Patterns($"\"rank_pattern\":{{{string.Join(',', keys.Select((key, index) => $"\"{key}\":{index + 1}"))}}}");
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            Assert.Equal(5000, matcher.Load("model.layers.4999.q_proj").Rank);
        }
        catch (PythonRegexException refused)
        {
            Assert.Equal(PythonRegexCause.Timeout, refused.Cause);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 400_000_000);
    }

    [Fact]
    public void As_many_keys_as_modules_are_matched_quickly()
    {
        string[] paths = [.. Enumerable.Range(0, 3000).Select(index => $"model.layers.{index / 30}.block_{index % 30}.q_proj")];
        PeftPatternMatcher matcher = Patterns(
            $"\"rank_pattern\":{{{string.Join(',', paths.Order(StringComparer.Ordinal).Select((path, index) => $"\"{path}\":{index + 1}"))}}}");
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(3000, paths.Select(path => matcher.Load(path).Rank).Distinct().Count());
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
    }

    private static (int Rank, double Alpha) Pair(JsonValue value)
    {
        var items = ((JsonArray)value).Items;
        return ((int)((JsonNumber)items[0]).Value, ((JsonNumber)items[1]).Value);
    }

    private static PeftVersion Version(string text) => PeftVersion.TryParse(text, out PeftVersion? version) ? version : throw new ArgumentException(text);

    private static PeftConfig ConfigOf(string fields) =>
        PeftConfig.Parse(Fixtures.Parse($"{{\"peft_type\":\"LORA\",\"r\":8,\"lora_alpha\":16,{fields}}}"), "adapter_config.json").Value;

    private static PeftTargetMatcher Targets(string fields, PeftLayerRule rule = PeftLayerRule.FirstIndex) => new(ConfigOf(fields), new RegexBudget(), rule);

    private static PeftPatternMatcher Patterns(string fields) => new(ConfigOf(fields), new RegexBudget());
}
