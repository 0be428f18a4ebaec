using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Matching;
using Transfuse.Metadata.Peft;

namespace Transfuse.Metadata.Tests.Peft;

/// <summary>The rules against adapters that PEFT itself made: which modules have tensors, their ranks, and what merging changed.</summary>
public class PeftFixtureTests
{
    private const string Prefix = "base_model.model.";

    /// <summary>Adapters on plain modules, whose base has one weight per module under the same path.</summary>
    public static TheoryData<string, int> Plain => new()
    {
        { "deepseek_v3_attn", 15 },
        { "gemma3_all", 21 },
        { "llama_all_linear", 21 },
        { "llama_dora", 21 },
        { "llama_embed", 13 },
        { "llama_layers_subset", 8 },
        { "llama_lm_head", 13 },
        { "llama_modules_to_save", 12 },
        { "llama_qv", 6 },
        { "llama_rank_pattern", 21 },
        { "llama_regex_target", 4 },
        { "llama_rslora", 21 },
        { "mixtral_attn", 12 },
        { "phi3_fused", 12 },
        { "qwen2_all", 21 },
        { "qwen3_all", 21 },
    };

    [Theory]
    [MemberData(nameof(Plain))]
    public void Targets_and_ranks_are_those_of_the_tensors(string name, int modules)
    {
        PeftConfig config = Config(name);
        var tensors = new TensorFile(Path.Combine(Fixtures.Root, name, "peft", "adapter_model.safetensors"));
        Dictionary<string, int> ranks = tensors.Names
            .Where(tensor => tensor.EndsWith(".lora_A.weight", StringComparison.Ordinal) || tensor.EndsWith(".lora_embedding_A", StringComparison.Ordinal))
            .ToDictionary(tensor => tensor[Prefix.Length..tensor.LastIndexOf(".lora_", StringComparison.Ordinal)], tensor => (int)tensors.Shape(tensor)[0]);
        Assert.Equal(modules, ranks.Count);

        var matcher = new PeftTargetMatcher(config, new RegexBudget());
        string[] universe = Universe(name);
        Assert.Equal(
            ranks.Keys.Order(StringComparer.Ordinal),
            universe.Where(path => matcher.Match(path) == PeftTargetVerdict.Targeted).Order(StringComparer.Ordinal));

        var patterns = new PeftPatternMatcher(config, new RegexBudget());
        var verdicts = PeftPatternResolver.Resolve(patterns, ranks);
        Assert.All(
            verdicts,
            verdict => Assert.Equal((verdict.Path, verdict.Rank, PeftPatternAgreement.Certain), (verdict.Path, verdict.ConfigRank, verdict.Agreement)));

        // What we would write for it names the same modules with the same settings.
        PeftRankFields fields = PeftRankWriter.Minimize(
            [.. verdicts.Select(
                verdict =>
                    new PeftModuleSetting(verdict.Path, verdict.Rank, PeftScaling.AlphaFor(PeftScaling.ScaleOf(verdict.Alpha, verdict.Rank), verdict.Rank)))]);
        var json = new JsonObject(
            fields.ToJson().Append(new("target_modules", PeftTargetWriter.Write(ranks.Keys))).Append(new("peft_type", new JsonString("LORA"))));
        PeftConfig written = PeftConfig.Parse(json, "adapter_config.json").Value;
        var writtenTargets = new PeftTargetMatcher(written, new RegexBudget());
        var writtenPatterns = new PeftPatternMatcher(written, new RegexBudget());
        Assert.All(universe, path => Assert.Equal(ranks.ContainsKey(path), writtenTargets.Match(path) == PeftTargetVerdict.Targeted));
        Assert.All(verdicts, verdict => Assert.Equal((verdict.Rank, verdict.Alpha), writtenPatterns.Load(verdict.Path)));
    }

    /// <summary>The recorded change of a weight divided by B A is the scale that PEFT used.</summary>
    [Theory]
    [InlineData("llama_rank_pattern", 7)]
    [InlineData("llama_rslora", 7)]
    [InlineData("llama_all_linear", 7)]
    [InlineData("llama_regex_target", 2)]
    [InlineData("qwen2_all", 7)]
    public void Scales_are_those_that_merging_used(string name, int modules)
    {
        PeftConfig config = Config(name);
        var matcher = new PeftPatternMatcher(config, new RegexBudget());
        var tensors = new TensorFile(Path.Combine(Fixtures.Root, name, "peft", "adapter_model.safetensors"));
        var expected = new TensorFile(Path.Combine(Fixtures.Root, name, "expected.safetensors"));
        int count = 0;
        foreach (string delta in expected.Names.Where(tensor => tensor.StartsWith("delta.", StringComparison.Ordinal)))
        {
            string path = delta["delta.".Length..^".weight".Length];
            float[] a = tensors.Floats($"{Prefix}{path}.lora_A.weight");
            float[] b = tensors.Floats($"{Prefix}{path}.lora_B.weight");
            int rank = (int)tensors.Shape($"{Prefix}{path}.lora_A.weight")[0];
            (int configRank, double alpha) = matcher.Load(path);
            Assert.Equal((path, rank), (path, configRank));
            Assert.Equal(Ratio(expected.Floats(delta), a, b, rank), PeftScaling.ScaleOf(alpha, rank, config.UseRslora), 1e-5);
            count++;
        }

        Assert.Equal(modules, count);
    }

    [Fact]
    public void Expert_parameters_have_ranks_and_alphas_by_their_own_paths()
    {
        PeftConfig config = Config("mixtral_params_ranks");
        var targets = new PeftTargetMatcher(config, new RegexBudget());
        var patterns = new PeftPatternMatcher(config, new RegexBudget());
        Assert.True(targets.MatchesParameter("model.layers.0.mlp.experts.gate_up_proj"));
        Assert.True(targets.MatchesParameter("model.layers.2.mlp.experts.down_proj"));
        Assert.False(targets.MatchesParameter("model.layers.0.mlp.gate.weight"));
        Assert.Equal((3, 6.0), patterns.Load("model.layers.0.mlp.experts.gate_up_proj"));
        Assert.Equal((4, 10.0), patterns.Load("model.layers.0.mlp.experts.down_proj"));

        // Both factors sit on the module: gate_up inside, with 4 experts of rank 3, down outside, with 4 of rank 4.
        var tensors = new TensorFile(Path.Combine(Fixtures.Root, "mixtral_params_ranks", "peft", "adapter_model.safetensors"));
        Assert.Equal(12, tensors.Shape(Prefix + "model.layers.0.mlp.experts.base_layer.lora_A.weight")[0]);
        Assert.Equal(16, tensors.Shape(Prefix + "model.layers.0.mlp.experts.lora_A.weight")[0]);
    }

    private static PeftConfig Config(string name)
    {
        var log = new FindingLog();
        PeftConfig config = PeftConfig.Parse((JsonObject)Fixtures.Json("fixtures", name, "peft", "adapter_config.json"), "adapter_config.json").Into(log);
        Assert.Equal(0, log.Count);
        return config;
    }

    private static string[] Universe(string name)
    {
        string folder = ((JsonString)((JsonObject)Fixtures.Json("fixtures", name, "case.json"))["base"]!).Value;
        return
        [
            .. new TensorFile(
                Path.Combine(
                    Fixtures.Root, folder.StartsWith("bases", StringComparison.Ordinal) ? folder : Path.Combine("bases", folder),
                    "model.safetensors")).Names.Select(tensor =>
                    tensor[..tensor.LastIndexOf('.')])
                .Distinct(),
        ];
    }

    /// <summary>The least-squares quotient of a delta (out, in) and B (out, r) A (r, in), in double precision.</summary>
    private static double Ratio(float[] delta, float[] a, float[] b, int rank)
    {
        int width = a.Length / rank;
        double product = 0;
        double square = 0;
        for (int row = 0; row < b.Length / rank; row++)
        {
            for (int column = 0; column < width; column++)
            {
                double value = 0;
                for (int k = 0; k < rank; k++)
                {
                    value += (double)b[(row * rank) + k] * a[(k * width) + column];
                }

                product += value * delta[(row * width) + column];
                square += value * value;
            }
        }

        return product / square;
    }
}
