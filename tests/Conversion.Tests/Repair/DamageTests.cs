using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Transfuse.Conversion.Repair;
using Transfuse.Metadata.Findings;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Repair;

/// <summary>
/// Each good fixture with each metadata field in turn missing, null, of the wrong type, stale, negative, NaN and a string: a repair restores the exact meaning,
/// or refuses with a finding that names the field; a default that the reader takes is named with its program. The outcomes are the table in docs/repair.md,
/// which is written anew with TRANSFUSE_UPDATE_DOCS=1.
/// </summary>
public class DamageTests
{
    private static readonly string Page = Path.Combine(Fixtures.RepositoryRoot, "docs", "repair.md");

    private static readonly string[] MlxFields =
        ["fine_tune_type", "num_layers", "lora_parameters", "lora_parameters.rank", "lora_parameters.scale", "lora_parameters.dropout", "lora_parameters.keys", "model"];

    private static readonly string[] UnslothFields =
        [.. MlxFields[..^1], "rank", "scale", "dropout", "unsloth_mlx_lora_module_paths", "peft_type", "base_model_name_or_path", "requires_unsloth_mlx_runtime_quantization"];

    private static readonly string[] PeftFields =
    [
        "peft_type", "r", "lora_alpha", "lora_dropout", "use_rslora", "rank_pattern", "alpha_pattern", "target_modules", "target_parameters", "exclude_modules",
        "layers_to_transform", "layers_pattern",
        "modules_to_save", "bias", "use_dora", "lora_bias", "init_lora_weights", "trainable_token_indices", "layer_replication", "fan_in_fan_out", "task_type",
        "inference_mode", "base_model_name_or_path", "revision",
        "auto_mapping", "peft_version",
    ];

    // What no tensor and no second field tells: the config is the only record. Of these a stale value is the value.
    private static readonly HashSet<string> OnlyRecords =
    [
        "lora_parameters.scale", "lora_parameters.dropout", "lora_alpha", "lora_dropout", "use_rslora", "alpha_pattern", "init_lora_weights",
        "layer_replication",
        "trainable_token_indices", "lora_bias",
    ];

    // Fields of PEFT that the Oracle's loader does not look at.
    private static readonly string[] Unread = ["revision", "auto_mapping", "inference_mode"];

    // What the Oracle's deltas do not show either.
    private static readonly HashSet<string> BeyondDeltas = ["layer_replication", "trainable_token_indices"];

    [Fact]
    public void Never_gives_a_silent_default()
    {
        DamageTable mlx = Mlx(
            "mlx-lm and mlx-swift-lm",
            MlxFields,
            Fixtures.MlxCases.Where(
                fixture => fixture.Name == "swift_llama" || (fixture.Name.StartsWith("mlx_", StringComparison.Ordinal) && fixture.Name != "mlx_llama_full")));
        DamageTable unsloth = Mlx("Unsloth", UnslothFields, Fixtures.MlxCases.Where(fixture => fixture.Name.StartsWith("unsloth_", StringComparison.Ordinal)));
        using var vlmCase = new VlmCase("mlx_llama_qv");
        DamageTable vlm = Mlx("mlx-vlm", MlxFields, [vlmCase.Fixture]);
        DamageTable peft = Peft();
        string[] failures = [.. mlx.Failures, .. unsloth.Failures, .. vlm.Failures, .. peft.Failures];
        Assert.True(failures.Length == 0, $"{failures.Length} failures:\n{string.Join('\n', failures.Take(60))}");
        Assert.True(
            mlx.Cases > 600 && unsloth.Cases > 150 && vlm.Cases > 40 && peft.Cases > 3000, $"{mlx.Cases}, {unsloth.Cases}, {vlm.Cases}, {peft.Cases} cases");
        CheckPage(RepairPage.Render(File.ReadAllText(Page), mlx, unsloth, vlm, peft));
    }

    private static void CheckPage(string expected)
    {
        if (Environment.GetEnvironmentVariable("TRANSFUSE_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(Page, expected);
        }

        Assert.Equal(expected.Split('\n'), File.ReadAllText(Page).Split('\n'));
    }

    private static DamageTable Mlx(string title, string[] fields, IEnumerable<FixtureCase> fixtures)
    {
        var table = new DamageTable(title);
        foreach (FixtureCase fixture in fixtures)
        {
            Meaning truth = Meaning.Of(fixture);
            MlxBase mlxBase = title == "mlx-vlm" ? MlxBase.Fixture(fixture.Base).WithPrefix(VlmCase.Prefix) : MlxBase.Fixture(fixture.Base);
            Run(table, fixture, fields, StaleMlx, folder =>
            {
                (Meaning meaning, ReaderReport report) = Meaning.Loaded(folder, mlxBase);
                ReaderReport own = title switch
                {
                    "Unsloth" => UnslothLoader.Load(folder, mlxBase),
                    "mlx-vlm" => MlxVlmLoader.Load(folder, mlxBase),
                    _ when fixture.Name == "swift_llama" => MlxSwiftLoader.Load(folder, mlxBase),
                    _ => report,
                };
                return !report.LoadsAsIntended ? report.ToString() : !own.LoadsAsIntended ? own.ToString() : truth.DifferenceTo(meaning);
            });
        }

        return table;
    }

    private static DamageTable Peft()
    {
        var table = new DamageTable("PEFT");
        foreach (FixtureCase fixture in Fixtures.PeftCases.Where(IsDamaged))
        {
            Meaning truth = Meaning.Of(fixture);
            HfBase hfBase = HfBase.Fixture(fixture.Base);
            ReaderReport before = PeftLoader.Load(fixture.AdapterFolder, hfBase);
            Run(table, fixture, PeftFields, StalePeft, folder =>
            {
                ReaderReport report = PeftLoader.Load(folder, hfBase);
                string[] complaints = [.. report.Complaints.Except(before.Complaints)];
                return complaints.Length > 0 ? string.Join("; ", complaints)
                    : !report.Replaced.Keys.Order().SequenceEqual(before.Replaced.Keys.Order()) ? "other weights are replaced"
                    : truth.DifferenceTo(Meaning.OfPeft(folder, fixture));
            });
        }

        return table;
    }

    // Those that differ from others in the dtype or the container alone have the same metadata.
    private static bool IsDamaged(FixtureCase fixture) =>
        fixture.PeftType == "LORA"
            && !fixture.Name.Contains("16", StringComparison.Ordinal)
            && File.Exists(Path.Combine(fixture.AdapterFolder, PeftFiles.Safetensors));

    private static void Run(
        DamageTable table, FixtureCase fixture, string[] fields, Func<string, JsonObject, JsonNode?> stale, Func<string, string?> difference)
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(fixture.AdapterFolder, "adapter_config.json")))!.AsObject();
        Dictionary<string, ReadOnlyMemory<byte>> files = Directory.GetFiles(fixture.AdapterFolder)
            .ToDictionary(file => Path.GetFileName(file), file => new ReadOnlyMemory<byte>(File.ReadAllBytes(file)));
        // Most damages are repaired to one and the same folder.
        Dictionary<string, string?> seen = new(StringComparer.Ordinal);
        foreach (string field in fields.Where(field => Contains(config, field)))
        {
            foreach (Damage damage in Enum.GetValues<Damage>())
            {
                if (Damages.Apply(config, field, damage, stale(field, config)) is not { } text)
                {
                    continue;
                }

                files["adapter_config.json"] = Encoding.UTF8.GetBytes(text);
                (RepairResult result, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> output) = Repairing.InMemory(files);
                (Outcome outcome, string detail) = Judge(result, field, damage, () => Once(seen, output, difference));
                table.Add(field, damage, outcome);
                if (outcome == Outcome.Silent)
                {
                    table.Failures.Add(
                        $"{fixture.Name} {field} {damage}: {detail}; findings: {string.Join(" | ", result.Findings)}; changes: "
                        + $"{string.Join(" | ", result.Changes)}");
                }
            }
        }
    }

    private static (Outcome Outcome, string Detail) Judge(RepairResult result, string field, Damage damage, Func<string?> difference)
    {
        string name = field.Split('.')[^1];
        if (!result.Succeeded)
        {
            bool named = result.Findings.Any(
                finding => finding.Severity == Severity.Error && $"{finding.Subject} {finding.Message}".Contains(name, StringComparison.Ordinal));
            return named ? (Outcome.Refused, "") : (Outcome.Silent, "refused without naming the field");
        }

        if (difference() is not { } different)
        {
            return damage == Damage.Stale && BeyondDeltas.Contains(field) ? (Outcome.Kept, "") : (Outcome.Restored, "");
        }

        bool isWarned = result.Findings.Any(finding => finding.Severity == Severity.Warning
            && $"{finding.Subject} {finding.Message}".Contains(name, StringComparison.Ordinal)
&& (finding.Message.Contains("PEFT", StringComparison.Ordinal) || finding.Message.Contains("mlx-", StringComparison.Ordinal) || finding.Message.Contains(
    "Unsloth", StringComparison.Ordinal)));
        bool isKept = damage == Damage.Stale && OnlyRecords.Contains(field);
        return isWarned ? (Outcome.Default, "") : isKept ? (Outcome.Kept, "") : (Outcome.Silent, different);
    }

    private static string? Once(Dictionary<string, string?> seen, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> output, Func<string, string?> difference)
    {
        JsonObject config = JsonNode.Parse(output["adapter_config.json"].Span)!.AsObject();
        foreach (string field in Unread)
        {
            config.Remove(field);
        }

        string weights = string.Join(
            '\n', output.Where(file => file.Key != "adapter_config.json").Select(file => Convert.ToBase64String(SHA256.HashData(file.Value.Span))));
        string key = config.ToJsonString() + weights;
        if (!seen.TryGetValue(key, out string? different))
        {
            using var folder = new TemporaryFolder();
            foreach ((string name, ReadOnlyMemory<byte> bytes) in output)
            {
                File.WriteAllBytes(folder[name], bytes.Span);
            }

            try
            {
                different = difference(folder.Path);
            }
            catch (InvalidDataException undecidable)
            {
                different = undecidable.Message;
            }

            seen.Add(key, different);
        }

        return different;
    }

    private static bool Contains(JsonObject config, string field) => field.Split('.') is [string outer, string inner]
        ? config[outer] is JsonObject parent && parent.ContainsKey(inner)
        : config.ContainsKey(field);

    private static JsonNode? StaleMlx(string field, JsonObject config) => field switch
    {
        "fine_tune_type" => config[field]!.GetValue<string>() == "lora" ? "dora" : "lora",
        "num_layers" => 1,
        "lora_parameters" => new JsonObject(),
        "lora_parameters.rank" or "rank" => 99,
        "lora_parameters.scale" or "scale" => 77.0,
        "lora_parameters.dropout" or "dropout" => 0.5,
        "lora_parameters.keys" => new JsonArray("self_attn.nothing"),
        "unsloth_mlx_lora_module_paths" => new JsonArray([.. config[field]!.AsArray().Skip(1).Select(path => path!.DeepClone())]),
        "peft_type" => "IA3",
        "model" or "base_model_name_or_path" => "acme/other",
        _ => true,
    };

    private static JsonNode? StalePeft(string field, JsonObject config) => field switch
    {
        "peft_type" => "IA3",
        "r" => 5,
        "lora_alpha" => 48,
        "lora_dropout" => 0.5,
        "use_rslora" or "use_dora" or "lora_bias" or "fan_in_fan_out" => !config[field]!.GetValue<bool>(),
        "inference_mode" => false,
        "rank_pattern" => new JsonObject { ["k_proj"] = 3 },
        "alpha_pattern" => new JsonObject { ["k_proj"] = 3 },
        "target_modules" => new JsonArray("fc1", "q_proj"),
        "target_parameters" => new JsonArray("mlp.other"),
        "exclude_modules" => new JsonArray("q_proj"),
        "layers_to_transform" => new JsonArray(1),
        "layers_pattern" => "blocks",
        "modules_to_save" => new JsonArray("score"),
        "bias" => config[field]!.GetValue<string>() == "none" ? "all" : "none",
        "init_lora_weights" => "pissa",
        "trainable_token_indices" => new JsonArray(9, 10, 11),
        "layer_replication" => new JsonArray(new JsonArray(0, 1), new JsonArray(0, 2)),
        "task_type" => "SEQ_CLS",
        "peft_version" => "0.20.0",
        "base_model_name_or_path" => "acme/other",
        "revision" => "other",
        _ => null,
    };
}
