using System.Text.Json;
using System.Text.Json.Nodes;
using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Tests.Readers;
using Transfuse.Conversion.Tests.Repair;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>
/// Random adapters as PEFT 0.21 under transformers 5 saves them, over the bases of tests/fixtures: all-linear, lists, paths and patterns, experts with and
/// without their module, routers, patterns of rank and alpha, rsLoRA, DoRA, a head. Every verb is tried; what comes out changes the model as the Oracle says.
/// </summary>
public class RandomPeftAdapterTests
{
    private const int AdaptersEach = 8;

    // MLX adapts neither DeepSeek's router nor its kv_b_proj, nor DoRA on experts; overlapping patterns are read as PEFT reads them.
    private static readonly string[] Allowed = ["TF4011", "TF3204"];

    private static readonly string[] Plain =
    [
        "bases/llama", "bases/qwen2", "bases/qwen3", "bases/phi3", "bases/gemma3_text", "bases/gpt2", "bases/gpt_oss", "bases/mixtral", "bases/qwen3_moe",
        "bases/deepseek_v3",
        "generated/bases/mixtral_32", "generated/bases/olmoe_8", "generated/bases/qwen3_moe_41", "generated/bases/deepseek_v3_10",
    ];

    public static TheoryData<string> Bases { get; } = new(Plain);

    [Theory]
    [MemberData(nameof(Bases))]
    public void Every_verb_keeps_what_the_adapter_does(string name)
    {
        string baseFolder = Path.Combine(Fixtures.Root, name);
        HfBase hfBase = HfBase.Load(baseFolder);
        MlxBase mlxBase = MlxBase.Of(hfBase);
        int made = 0;
        for (int seed = 0; made < AdaptersEach; seed++)
        {
            Assert.InRange(seed, 0, 40 * AdaptersEach);
            var random = new Random(seed);
            JsonElement wanted = Choose(random, hfBase);
            if (PeftSaver.Save(wanted, hfBase, random) is not var (config, tensors))
            {
                continue;
            }

            made++;
            using var folder = new TemporaryFolder();
            Directory.CreateDirectory(folder["in"]);
            File.WriteAllText(Path.Combine(folder["in"], "adapter_config.json"), config.GetRawText());
            File.WriteAllBytes(Path.Combine(folder["in"], "adapter_model.safetensors"), OracleSafetensors.ToBytes(tensors));
            try
            {
                TryVerbs(folder, baseFolder, hfBase, mlxBase);
            }
            catch (Exception failed) when (failed is not OperationCanceledException)
            {
                throw new InvalidDataException($"seed {seed}: {wanted.GetRawText()}: {failed.Message}", failed);
            }
        }
    }

    private static void TryVerbs(TemporaryFolder folder, string baseFolder, HfBase hfBase, MlxBase mlxBase)
    {
        string input = folder["in"];
        Dictionary<string, OracleDelta> meant = PeftOracle.Read(input, hfBase).Deltas.ToDictionary(StringComparer.Ordinal);
        ReaderReport loaded = PeftLoader.Load(input, hfBase);
        AssertSame(meant, loaded.Applied.ToDictionary(StringComparer.Ordinal), 1e-12);

        CheckResult check = ReaderRun.Check(input, "peft", baseFolder);
        Assert.True(check.Verdict == CheckVerdict.Loads, "check: " + string.Join(" | ", check.Findings));

        // Repaired, and once more: nothing is left to change, and the same is there.
        Repairing.Must(input, folder["repaired"], baseFolder, new ConversionOptions { Allowed = [.. Allowed] });
        AssertSame(meant, PeftLoader.Load(folder["repaired"], hfBase).Applied.ToDictionary(StringComparer.Ordinal), 0);
        RepairResult again = Repairing.Must(folder["repaired"], folder["again"], baseFolder, new ConversionOptions { Allowed = [.. Allowed] });
        Assert.Empty(again.Changes);

        Run.MustConvert(input, TargetProfile.Peft, folder["peft"], baseFolder);
        AssertSame(meant, PeftOracle.Read(folder["peft"], hfBase).Deltas.ToDictionary(StringComparer.Ordinal), 0);

        string[] dropped =
            [.. meant.Keys.Where(
                path =>
                    hfBase.ModelType == "deepseek_v3"
                        && (path.EndsWith(".kv_b_proj.weight", StringComparison.Ordinal) || path.EndsWith(".mlp.gate.weight", StringComparison.Ordinal)))];
        Dictionary<string, OracleDelta> kept = meant.Where(item => !dropped.Contains(item.Key)).ToDictionary(item => item.Key, item => item.Value);
        ConversionResult converted = Run.Convert(
            input, TargetProfile.MlxLm, folder["mlx"], baseFolder, new ConversionOptions { Allowed = [.. Allowed], Verify = true });
        if (kept.Count == 0)
        {
            Assert.Equal(["TF2011"], Codes(converted));
            return;
        }

        Assert.True(converted.IsWritten, string.Join(" | ", converted.Findings));
        Assert.Equal(dropped.Length > 0, converted.Findings.Any(finding => finding.Code.Id == "TF4011"));
        ReaderReport mlx = MlxLmLoader.Load(folder["mlx"], mlxBase);
        Assert.True(mlx.LoadsAsIntended, mlx.ToString());
        AdapterEquivalence.AssertSame(kept, mlx.Applied, hfBase, 3e-7);
        CheckResult mlxCheck = ReaderRun.Check(folder["mlx"], "mlx-lm", baseFolder);
        Assert.True(mlxCheck.Verdict == CheckVerdict.Loads, "check mlx-lm: " + string.Join(" | ", mlxCheck.Findings));

        Run.MustConvert(folder["mlx"], TargetProfile.Peft, folder["back"], baseFolder, new ConversionOptions { Verify = true });
        ReaderReport back = PeftLoader.Load(folder["back"], hfBase);
        Assert.True(back.LoadsAsIntended, back.ToString());
        AssertSame(kept, back.Applied.Where(item => item.Value.Delta.Values.Any(value => value != 0)).ToDictionary(), 3e-7);
    }

    private static string[] Codes(ConversionResult result) =>
        [.. result.Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => finding.Code.Id).Distinct()];

    private static void AssertSame(Dictionary<string, OracleDelta> meant, Dictionary<string, OracleDelta> found, double tolerance)
    {
        Assert.Equal(meant.Keys.Order(StringComparer.Ordinal), found.Keys.Order(StringComparer.Ordinal));
        foreach ((string path, OracleDelta delta) in meant)
        {
            Assert.True(
                DeltaComparison.Of(found[path].Delta, delta.Delta).RelativeError <= tolerance,
                $"{path}: {DeltaComparison.Of(found[path].Delta, delta.Delta).RelativeError}");
            Assert.Equal(delta.Magnitude is null, found[path].Magnitude is null);
        }
    }

    /// <summary>A config as a user writes it.</summary>
    private static JsonElement Choose(Random random, HfBase hfBase)
    {
        HfParameter[] linear =
            [.. hfBase.Parameters.Where(
                parameter =>
                    parameter.Leaf == "weight"
                        && parameter.Kind is HfModuleKind.Linear or HfModuleKind.Conv1D
                        && parameter.Module != "lm_head"
                        && !parameter.Path.Contains("score_correction", StringComparison.Ordinal))];
        string[] paths = [.. linear.Select(parameter => parameter.Module)];
        string[] leaves = [.. paths.Select(path => path[(path.LastIndexOf('.') + 1)..]).Distinct().Order(StringComparer.Ordinal)];
        string[] experts =
            [.. hfBase.Parameters.Where(
                parameter =>
                    parameter.Shape.Length == 3
                        && parameter.Path.Contains("expert", StringComparison.Ordinal)
                        && !parameter.Leaf.EndsWith("bias", StringComparison.Ordinal)).Select(parameter =>
                        string.Join('.', parameter.Path.Split('.')[^3..])).Distinct()];
        string[] routers =
            [.. hfBase.Parameters.Where(
                parameter => parameter.Shape.Length == 2
                    && parameter.Kind == HfModuleKind.Raw
&& (parameter.Module.EndsWith(".gate", StringComparison.Ordinal) || parameter.Module.EndsWith(".router", StringComparison.Ordinal))).Select(parameter =>
                        parameter.Path)];
        var config = new JsonObject
        {
            ["peft_type"] = "LORA",
            ["task_type"] = "CAUSAL_LM",
            ["peft_version"] = "0.21.0",
            ["init_lora_weights"] = true,
            ["bias"] = "none",
            ["r"] = Pick(random, 1, 2, 3, 5, 8),
            ["lora_alpha"] = Pick(random, 1, 2, 3, 7, 16, 64),
            ["lora_dropout"] = 0.0,
            ["fan_in_fan_out"] = false,
            ["use_rslora"] = random.Next(4) == 0,
            ["use_dora"] = false,
            ["rank_pattern"] = new JsonObject(),
            ["alpha_pattern"] = new JsonObject(),
            ["target_modules"] = random.Next(5) switch
            {
                0 or 1 => "all-linear",
                2 => List(Some(random, leaves)),
                3 => $".*\\.({string.Join('|', Some(random, leaves))})",
                _ => List(Some(random, paths)),
            },
        };
        if (!hfBase.Tied && config["target_modules"] is JsonArray list && random.Next(4) == 0)
        {
            list.Add("lm_head");
        }

        string[] parameters = [.. experts.Where(_ => random.Next(3) == 0), .. routers.Where(_ => random.Next(8) == 0)];
        if (parameters.Length > 0)
        {
            config["target_parameters"] = List(parameters);
        }
        else if (random.Next(5) == 0)
        {
            config["use_dora"] = true;
        }

        foreach (string field in new[] { "rank_pattern", "alpha_pattern" })
        {
            for (int i = random.Next(3); i > 0; i--)
            {
                string key = random.Next(4) switch
                {
                    0 => Pick(random, leaves),
                    1 => Pick(random, paths),
                    2 => ".*" + Pick(random, leaves),
                    _ => "^" + Pick(random, paths).Replace(".", "\\.", StringComparison.Ordinal),
                };
                config[field]!.AsObject()[key] = Pick(random, 1, 2, 3, 6, 12);
            }
        }

        return OracleJson.Parse(config.ToJsonString());
    }

    private static JsonArray List(IEnumerable<string> items) => [.. items.Select(item => (JsonNode)item)];

    private static T Pick<T>(Random random, params T[] items) => items[random.Next(items.Length)];

    private static string[] Some(Random random, string[] items)
    {
        string[] shuffled = [.. items];
        random.Shuffle(shuffled);
        return shuffled[..random.Next(1, items.Length + 1)];
    }
}
