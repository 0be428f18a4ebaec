using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Matching;
using Transfuse.Metadata.Peft;

namespace Transfuse.Metadata.Tests.Peft;

public class PeftPatternResolverTests
{
    [Fact]
    public void One_reading_is_certain()
    {
        PeftPatternVerdict[] verdicts = Resolve(
            "\"rank_pattern\":{\"q\":4},\"alpha_pattern\":{\"v\":32}", [("m.q", 4), ("m.v", 8), ("m.o", 8)], out FindingLog log);
        Assert.Equal([16.0, 32.0, 16.0], verdicts.Select(verdict => verdict.Alpha));
        Assert.All(verdicts, verdict => Assert.Equal(PeftPatternAgreement.Certain, verdict.Agreement));
        Assert.Equal(0, log.Count);
    }

    [Fact]
    public void Ranks_of_the_tensors_tell_the_order_in_training_and_with_it_nothing_about_alphas()
    {
        // Sorted, "l.0.q" comes first; in training "q" did, as the rank shows.
        PeftPatternVerdict[] verdicts = Resolve(
            "\"peft_version\":\"0.20.0\",\"rank_pattern\":{\"l.0.q\":4,\"q\":6}", [("m.l.0.q", 6), ("m.l.1.q", 6)], out FindingLog log);
        Assert.Equal([PeftPatternAgreement.SettledByRank, PeftPatternAgreement.Certain], verdicts.Select(verdict => verdict.Agreement));
        Assert.Equal((16.0, 4), (verdicts[0].Alpha, verdicts[0].ConfigRank));
        Assert.Equal(["warning TF3205 adapter_config.json:rank_pattern: m.l.0.q: rank 6, alpha 16"], Lines(log));
    }

    [Fact]
    public void Before_0_14_the_rank_tells_the_key_and_with_it_the_alpha()
    {
        const string Fields =
            "\"peft_version\":\"0.13.0\",\"rank_pattern\":{\"l.0.q\":4,\"q\":6},\"alpha_pattern\":{\"l.0.q\":64,\"q\":32}";
        PeftPatternVerdict[] verdicts = Resolve(Fields, [("m.l.0.q", 6), ("m.l.1.q", 6)], out _);
        Assert.Equal(
            [(32.0, PeftPatternAgreement.SettledByRank), (32.0, PeftPatternAgreement.Certain)],
            verdicts.Select(verdict => (verdict.Alpha, verdict.Agreement)));
        Assert.Equal(64.0, Resolve(Fields, [("m.l.0.q", 4)], out _)[0].Alpha);
    }

    [Fact]
    public void Keys_that_are_not_sorted_are_in_the_order_that_was_meant()
    {
        // PEFT sorts what it saves; "a|b" would come first, if only by one letter.
        PeftPatternVerdict verdict = Resolve("\"peft_version\":\"0.20.0\",\"alpha_pattern\":{\"b\":32,\"a|b\":64}", [("m.b", 8)], out _)[0];
        Assert.Equal((32.0, PeftPatternAgreement.Certain), (verdict.Alpha, verdict.Agreement));
    }

    [Fact]
    public void Overlapping_alphas_are_ambiguous_unless_they_are_equal()
    {
        const string Fields = "\"peft_version\":\"0.20.0\",\"alpha_pattern\":{\"l.0.q\":ALPHA,\"q\":32}";
        PeftPatternVerdict[] verdicts = Resolve(
            Fields.Replace("ALPHA", "64"), [("m.l.0.q", 8), ("m.l.0.x", 8), ("m.l.1.q", 8), ("n.l.0.q", 8)], out FindingLog log);
        Assert.Equal(PeftPatternAgreement.AlphaAmbiguous, verdicts[0].Agreement);
        Assert.Equal([64.0, 32.0], verdicts[0].Alphas);
        Assert.Equal(["error TF3204 adapter_config.json:alpha_pattern: m.l.0.q and 1 more: alpha 64 or 32"], Lines(log));

        Resolve(Fields.Replace("ALPHA", "32.0"), [("m.l.0.q", 8)], out log);
        Assert.Equal(0, log.Count);

        var allowing = new FindingLog(new HashSet<string> { "TF3204" });
        allowing.AddRange(PeftPatternResolver.Report(verdicts, ConfigOf(Fields.Replace("ALPHA", "64"))));
        Assert.False(allowing.HasErrors);
    }

    [Fact]
    public void A_rule_that_one_module_contradicts_is_out_for_all()
    {
        // Without a version: before 0.14 "^m.q" matched nothing, and "v" with its rank hid the alpha of "x.v".
        const string Fields = "\"rank_pattern\":{\"^m.q\":4,\"v\":2},\"alpha_pattern\":{\"x.v\":64}";
        PeftPatternVerdict[] now = Resolve(Fields, [("m.q", 4), ("m.x.v", 2)], out FindingLog log);
        Assert.Equal([16.0, 64.0], now.Select(verdict => verdict.Alpha));
        Assert.All(now, verdict => Assert.Equal(PeftPatternAgreement.SettledByRank, verdict.Agreement));
        Assert.Equal(2, log.Count);

        // Rank 8 of the first module says that "^" did not work, so the old rules remain, which disagree about the alpha.
        PeftPatternVerdict[] before = Resolve(Fields, [("m.q", 8), ("m.x.v", 2)], out _);
        Assert.Equal(PeftPatternAgreement.AlphaAmbiguous, before[1].Agreement);
        Assert.Equal([64.0, 16.0], before[1].Alphas);

        // Without that module nothing tells the rules apart.
        Assert.Equal(PeftPatternAgreement.AlphaAmbiguous, Resolve(Fields, [("m.x.v", 2)], out _)[0].Agreement);

        // With a version there is no question.
        Assert.Equal(PeftPatternAgreement.Certain, Resolve("\"peft_version\":\"0.18.0\"," + Fields, [("m.x.v", 2)], out _)[0].Agreement);
    }

    [Fact]
    public void Ranks_that_no_reading_gives_are_reported_and_the_alpha_is_kept()
    {
        PeftPatternVerdict[] verdicts = Resolve("\"rank_pattern\":{},\"alpha_pattern\":{\"q\":32}", [("m.q", 64), ("n.q", 64), ("m.v", 8)], out FindingLog log);
        Assert.Equal([(32.0, 64, 8), (32.0, 64, 8), (16.0, 8, 8)], verdicts.Select(verdict => (verdict.Alpha, verdict.Rank, verdict.ConfigRank)));
        Assert.Equal(["warning TF3206 adapter_config.json:r: m.q and 1 more: rank 8 in the config, 64 in the tensors; alpha 32"], Lines(log));
    }

    [Fact]
    public void Hostile_patterns_stay_cheap()
    {
        string keys = string.Join(
            ',',
            Enumerable.Range(0, 300).Select(
                index => $"\"{string.Concat(Enumerable.Repeat(".", index % 17))}q{(index < 17 ? string.Empty : "|" + index.ToString("D3"))}\":{index + 1}"));
        PeftPatternVerdict[] verdicts = Resolve(
            $"\"alpha_pattern\":{{{keys}}}", [.. Enumerable.Range(0, 50).Select(index => ($"m.layers.{index:D9}.q", 8))], out FindingLog log);
        Assert.All(verdicts, verdict => Assert.True(verdict.Alphas.Length <= PeftPatternVerdict.MaxAlphas));
        Assert.All(Lines(log), line => Assert.True(line.Length < 400));
    }

    private static PeftPatternVerdict[] Resolve(string fields, (string Path, int Rank)[] modules, out FindingLog log)
    {
        log = new FindingLog();
        PeftConfig config = ConfigOf(fields);
        var matcher = new PeftPatternMatcher(config, new RegexBudget(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(60)));
        PeftPatternVerdict[] verdicts =
            [.. PeftPatternResolver.Resolve(matcher, [.. modules.Select(module => new KeyValuePair<string, int>(module.Path, module.Rank))])];
        log.AddRange(PeftPatternResolver.Report(verdicts, config));
        Assert.Equal(verdicts.Any(verdict => verdict.Agreement == PeftPatternAgreement.AlphaAmbiguous), log.HasErrors);
        Assert.Equal(modules, verdicts.Select(verdict => (verdict.Path, verdict.Rank)));
        return verdicts;
    }

    private static IEnumerable<string> Lines(FindingLog log) => log.ToSorted().Select(finding => finding.ToString());

    private static PeftConfig ConfigOf(string fields) =>
        PeftConfig.Parse(Fixtures.Parse($"{{\"peft_type\":\"LORA\",\"r\":8,\"lora_alpha\":16,{fields}}}"), "adapter_config.json").Value;
}
