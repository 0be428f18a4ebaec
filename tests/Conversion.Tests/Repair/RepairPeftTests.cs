using System.Text;
using System.Text.Json.Nodes;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Repair;

/// <summary>Forms of PEFT folders that no fixture has, one by one.</summary>
public class RepairPeftTests
{
    private const string Q = "model.layers.0.self_attn.q_proj";
    private const string V = "model.layers.0.self_attn.v_proj";

    [Theory]
    [InlineData("base_model.model.{0}.lora_A.default.weight", "base_model.model.{0}.lora_B.default.weight")]
    [InlineData("{0}.lora_A.weight", "{0}.lora_B.weight")]
    [InlineData("base_model.model.base_model.model.{0}.lora_A.weight", "base_model.model.base_model.model.{0}.lora_B.weight")]
    [InlineData("_orig_mod.base_model.model.{0}.lora_A.weight", "_orig_mod.base_model.model.{0}.lora_B.weight")]
    public void Names_become_those_that_PEFT_loads(string nameOfA, string nameOfB)
    {
        SmallAdapter adapter = Adapter(Q);
        adapter.Tensors.Clear();
        adapter.Random(string.Format(nameOfA, Q), 2, 8);
        adapter.Random(string.Format(nameOfB, Q), 6, 2);
        (RepairResult result, Converted folder) = Must(adapter);
        Assert.Equal([$"base_model.model.{Q}.lora_A.weight", $"base_model.model.{Q}.lora_B.weight"], folder.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(adapter.Tensors.Values.Select(tensor => Convert.ToHexString(tensor.Bytes)).Order(), folder.Tensors.Values.Select(tensor => Convert.ToHexString(tensor.Bytes)).Order());
        Assert.Single(result.Changes);
    }

    [Fact]
    public void Ranks_that_differ_get_patterns_and_keep_their_scales()
    {
        SmallAdapter adapter = Adapter(Q).Set("lora_alpha", "6").Set("r", "8");
        adapter.Tensors.Clear();
        adapter.Pair(Q, 8, 6, 2);
        adapter.Pair(V, 8, 6, 3);
        (_, Converted folder) = Must(adapter);
        Assert.Equal(3, folder.PeftScale(Q, 2));
        Assert.Equal(2, folder.PeftScale(V, 3));
        Assert.Equal(2, folder.Config.GetProperty("r").GetInt32());
        Assert.Equal(3, folder.Config.GetProperty("rank_pattern").GetProperty(V).GetInt32());
        Assert.Equal([Q, V], folder.Config.GetStrings("target_modules")!);
    }

    [Fact]
    public void A_list_loses_what_the_file_does_not_have_and_a_wrong_one_is_made_anew()
    {
        (_, Converted pruned) = Must(Adapter(Q).Set("target_modules", "[\"k_proj\", \"q_proj\"]"));
        Assert.Equal(["q_proj"], pruned.Config.GetStrings("target_modules")!);
        (_, Converted made) = Must(Adapter(Q).Set("target_modules", "[\"k_proj\"]"));
        Assert.Equal([Q], made.Config.GetStrings("target_modules")!);
        (_, Converted pattern) = Must(Adapter(Q).Set("target_modules", "\"q_proj\""));
        Assert.Equal([Q], pattern.Config.GetStrings("target_modules")!);
        Assert.Equal(".*q_proj", Must(Adapter(Q).Set("target_modules", "\".*q_proj\"")).Folder.Config.GetText("target_modules"));
    }

    [Theory]
    [InlineData("r", "2.0", "2")]
    [InlineData("r", "\"2\"", "2")]
    [InlineData("rank_pattern", "{\"q_proj\": 2.0}", "{\"q_proj\":2}")]
    [InlineData("lora_alpha", "\"4\"", "4")]
    [InlineData("alpha_pattern", "{\"q_proj\": \"4\"}", "{\"q_proj\":4}")]
    [InlineData("layers_to_transform", "[0.0]", "[0]")]
    [InlineData("layers_to_transform", "0.0", "0")]
    [InlineData("use_rslora", "0", "false")]
    [InlineData("peft_type", "\"lora\"", "\"LORA\"")]
    [InlineData("task_type", "\"causal_lm\"", "\"CAUSAL_LM\"")]
    [InlineData("bias", "\"NONE\"", "\"none\"")]
    public void Fields_get_the_form_that_PEFT_takes_from_repair_and_from_convert(string field, string stated, string written)
    {
        SmallAdapter adapter = Adapter(Q).Set("target_modules", "[\"q_proj\"]").Set(field, stated);
        (RepairResult result, Converted folder) = Must(adapter);
        Assert.Equal(written, JsonNode.Parse(folder.Config.GetProperty(field).GetRawText())!.ToJsonString());
        Assert.Equal([field], result.Changes.Select(change => change.Subject));
        Assert.Equal(2, folder.PeftScale(Q, 2));

        // A number in a string is more than a form: convert refuses what PEFT could not have read.
        bool isText = stated.Contains("\"2\"", StringComparison.Ordinal) || stated.Contains("\"4\"", StringComparison.Ordinal);
        using IAdapterSource source = adapter.Open();
        using var sink = new MemoryAdapterSink();
        ConversionResult converted = AdapterPipeline.From(source).To(TargetProfile.Peft).WriteTo(sink).Run(TestContext.Current.CancellationToken);
        Assert.Equal(!isText, converted.IsWritten);
        if (!isText)
        {
            Assert.Equal(written, JsonNode.Parse(sink.Files["adapter_config.json"].Span)![field]!.ToJsonString());
            Assert.Contains(converted.Findings, finding => finding.Subject.EndsWith(":" + field, StringComparison.Ordinal) || finding.Subject.Contains($":{field}:", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Without_alpha_PEFTs_8_is_taken_and_named()
    {
        SmallAdapter adapter = Adapter(Q);
        adapter.Config.Remove("lora_alpha");
        (RepairResult result, Converted folder) = Must(adapter);
        Assert.Equal(8, folder.Config.GetProperty("lora_alpha").GetInt32());
        Finding finding = result.Findings.Single(finding => finding.Code == ConfigCodes.AlphaAssumed);
        Assert.Equal(Severity.Warning, finding.Severity);
        Assert.Contains("PEFT 0.21", finding.Message);
    }

    [Theory]
    [InlineData("null", "TF3001")]
    [InlineData("NaN", "TF3002")]
    [InlineData("\"x\"", "TF3001")]
    [InlineData("-4", "TF3122")]
    [InlineData("0", "TF3122")]
    public void An_alpha_that_cannot_be_is_a_question_and_a_scale_the_answer(string alpha, string code)
    {
        Dictionary<string, ReadOnlyMemory<byte>> files = Adapter(Q).Files();
        files["adapter_config.json"] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(files["adapter_config.json"].Span).Replace("\"lora_alpha\":4", $"\"lora_alpha\":{alpha}"));
        RepairResult refused = Repairing.InMemory(files).Result;
        Assert.Equal(code, refused.Findings.Single(finding => finding.Severity == Severity.Error).Code.Id);
        (RepairResult result, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> repaired) = Repairing.InMemory(files, Repairing.Scale(1.5));
        Assert.True(result.IsWritten, string.Join('\n', result.Findings));
        Assert.Equal(3, OracleJson.Parse(Encoding.UTF8.GetString(repaired["adapter_config.json"].Span)).GetNumber("lora_alpha", 0));
    }

    [Fact]
    public void A_negative_alpha_can_be_allowed() =>
        Assert.Equal(-4, Must(Adapter(Q).Set("lora_alpha", "-4"), options: ConversionOptions.Default with { Allowed = ["TF3122"] }).Folder.Config.GetNumber("lora_alpha", 0));

    [Fact]
    public void Bare_weights_become_a_folder_with_a_scale()
    {
        Dictionary<string, ReadOnlyMemory<byte>> files = Adapter(Q).Files();
        files.Remove("adapter_config.json");
        Assert.Contains("--scale", Repairing.InMemory(files).Result.Findings.Single().Message);
        (RepairResult result, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> repaired) = Repairing.InMemory(files, Repairing.Scale(2));
        Assert.True(result.IsWritten, string.Join('\n', result.Findings));
        var folder = new Converted(null!, repaired);
        Assert.Equal(("LORA", 2, 4.0), (folder.Config.GetText("peft_type"), folder.Config.GetProperty("r").GetInt32(), folder.Config.GetNumber("lora_alpha", 0)));
        Assert.Equal([Q], folder.Config.GetStrings("target_modules")!);
    }

    [Fact]
    public void Dora_follows_the_magnitudes()
    {
        SmallAdapter adapter = Adapter(Q);
        adapter.Random($"base_model.model.{Q}.lora_magnitude_vector", 6);
        (RepairResult result, Converted folder) = Must(adapter);
        Assert.True(folder.Config.GetFlag("use_dora"));
        Assert.Contains(result.Findings, finding => finding.Code == ConfigCodes.FlagStale && finding.Subject == "use_dora");
        Refuses(Adapter(Q).Set("use_dora", "true"), "TF2015");
    }

    [Fact]
    public void An_initialisation_that_changes_the_base_is_never_rewritten()
    {
        SmallAdapter adapter = Adapter(Q).Set("init_lora_weights", "\"pissa\"").Set("r", "9");
        Assert.Equal("pissa", Must(adapter).Folder.Config.GetText("init_lora_weights"));
    }

    [Fact]
    public void Modules_to_save_are_those_of_the_file()
    {
        SmallAdapter adapter = Adapter(Q);
        adapter.Random("base_model.model.score.weight", 3, 8);
        Assert.Equal(["score"], Must(adapter).Folder.Config.GetStrings("modules_to_save")!);

        SmallAdapter lost = Adapter(Q).Set("modules_to_save", "[\"lm_head\"]");
        Refuses(lost, "TF3124");
        Assert.True(Must(lost, options: ConversionOptions.Default with { Allowed = ["TF3124"] }).Folder.Config.Get("modules_to_save") is null);

        // PEFT's class for the task adds both heads, whichever the model has.
        SmallAdapter heads = Adapter(Q).Set("task_type", "\"SEQ_CLS\"").Set("modules_to_save", "[\"classifier\", \"score\"]");
        heads.Random("base_model.model.score.weight", 3, 8);
        Assert.Empty(Must(heads).Result.Changes);
    }

    [Fact]
    public void Token_rows_and_indices_belong_together()
    {
        SmallAdapter adapter = Adapter(Q);
        adapter.Random("base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta", 2, 8);
        Refuses(adapter, "TF3125");
        Refuses(adapter.Set("trainable_token_indices", "[1]"), "TF3125");
        Refuses(Adapter(Q).Set("trainable_token_indices", "[1]"), "TF3125");
        Assert.Empty(Must(adapter.Set("trainable_token_indices", "[1, 2]")).Result.Changes);
    }

    [Fact]
    public void Dropout_and_parameters_do_not_go_together()
    {
        SmallAdapter adapter = Experts().Set("lora_dropout", "0.05");
        (RepairResult result, Converted folder) = Must(adapter);
        Assert.Equal(0, folder.Config.GetNumber("lora_dropout", 9));
        Assert.Contains(result.Findings, finding => finding.Code == TargetCodes.DropoutCleared);
    }

    [Fact]
    public void The_rank_of_experts_comes_from_the_base_or_is_a_question()
    {
        SmallAdapter adapter = Experts();
        adapter.Config.Remove("r");
        Assert.Contains("r: is missing", string.Join('\n', Refuses(adapter, "TF3123").Findings));
        (_, Converted folder) = Must(adapter, """{"model_type": "qwen3_moe", "num_hidden_layers": 1, "num_experts": 4, "hidden_size": 8}""");
        Assert.Equal(2, folder.Config.GetProperty("r").GetInt32());

        Refuses(Experts().Set("r", "3"), "TF3123");
        SmallAdapter without = Experts();
        without.Config.Remove("target_parameters");
        Refuses(without, "TF2103");
    }

    [Theory]
    [InlineData("num_hidden_layers", 1, "TF4013")]
    [InlineData("hidden_size", 32, "TF4015")]
    public void A_base_that_the_tensors_do_not_fit_is_named(string field, int value, string code)
    {
        using var folder = new TemporaryFolder();
        System.Text.Json.Nodes.JsonObject config = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(Path.Combine(Fixtures.HfBaseFolder("llama"), "config.json")))!.AsObject();
        config[field] = value;
        Directory.CreateDirectory(folder["base"]);
        File.WriteAllText(folder["base/config.json"], config.ToJsonString());
        RepairResult result = Repairing.Run(Fixtures.Case("llama_qv").AdapterFolder, folder["out"], folder["base"]);
        Assert.False(result.IsWritten);
        Assert.Equal([code], result.Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => finding.Code.Id).Distinct());
    }

    [Fact]
    public void A_base_shows_a_rank_that_divides_but_is_wrong()
    {
        SmallAdapter adapter = Experts().Set("r", "4");
        Assert.True(Repairing.InMemory(adapter.Files()).Result.IsWritten);
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.json"], """{"model_type": "qwen3_moe", "num_hidden_layers": 1, "num_experts": 4, "hidden_size": 8}""");
        foreach ((string name, ReadOnlyMemory<byte> bytes) in adapter.Files())
        {
            File.WriteAllBytes(folder[name], bytes.Span);
        }

        RepairResult refused = Repairing.Run(folder.Path, folder["out"], folder.Path);
        Assert.Equal(["TF3123"], refused.Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => finding.Code.Id));
    }

    [Theory]
    [InlineData("IA3", "{\"peft_type\": \"IA3\", \"target_modules\": [\"q_proj\"], \"feedforward_modules\": []}")]
    [InlineData("VERA", "{\"peft_type\": \"VERA\", \"r\": 4, \"target_modules\": [\"q_proj\"]}")]
    public void Other_methods_are_carried(string method, string config)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Config.Clear();
        foreach ((string name, JsonNode? value) in JsonNode.Parse(config)!.AsObject())
        {
            adapter.Config[name] = value?.DeepClone();
        }

        adapter.Random($"base_model.model.{Q}.{(method == "IA3" ? "ia3_l" : "vera_lambda_b")}", 6, 1);
        (RepairResult result, Converted folder) = Must(adapter);
        Assert.Empty(result.Changes);
        Assert.Equal(adapter.Files()["adapter_model.safetensors"].ToArray(), folder.Files["adapter_model.safetensors"].ToArray());
    }

    [Fact]
    public void Layers_that_were_lost_give_full_paths()
    {
        SmallAdapter adapter = Adapter("model.layers.0.self_attn.q_proj").Set("target_modules", "[\"q_proj\"]").Set("layers_to_transform", "\"x\"");
        adapter.Pair("model.layers.2.self_attn.q_proj", 8, 6);
        (_, Converted folder) = Must(adapter);
        Assert.Equal(["model.layers.0.self_attn.q_proj", "model.layers.2.self_attn.q_proj"], folder.Config.GetStrings("target_modules")!);
    }

    [Fact]
    public void A_field_that_PEFT_always_writes_is_named_where_it_is_missing()
    {
        SmallAdapter adapter = Adapter(Q).Set("peft_version", "\"0.21.0\"").Set("lora_dropout", "0.0").Set("init_lora_weights", "true").Set("alpha_pattern", "{}").Set("layer_replication", "null")
            .Set("use_qalora", "false").Set("alora_invocation_tokens", "null").Set("use_bdlora", "null").Set("layers_to_transform", "null");
        (RepairResult result, Converted folder) = Must(adapter);
        Finding finding = result.Findings.Single(finding => finding.Severity == Severity.Warning);
        Assert.Equal((ConfigCodes.FieldMissing, "adapter_config.json:use_rslora"), (finding.Code, Path.GetFileName(finding.Subject)));
        Assert.Contains("PEFT 0.21", finding.Message);
        Assert.False(folder.Config.GetProperty("use_rslora").GetBoolean());
    }

    [Fact]
    public void Values_of_another_form_keep_their_meaning()
    {
        (_, Converted folder) = Must(Adapter(Q).Set("r", "\"2\"").Set("lora_alpha", "\"4\"").Set("use_rslora", "0").Set("inference_mode", "\"yes\"").Set("task_type", "\"CHAT\"").Set("peft_version", "7"));
        Assert.Equal((2, 4), (folder.Config.GetProperty("r").GetInt32(), folder.Config.GetProperty("lora_alpha").GetInt32()));
        Assert.False(folder.Config.GetProperty("use_rslora").GetBoolean());
        Assert.True(folder.Config.GetProperty("inference_mode").GetBoolean());
        Assert.True(folder.Config.Has("task_type") && folder.Config.Get("task_type") is null);
        Assert.False(folder.Config.Has("peft_version"));
    }

    private static SmallAdapter Adapter(string module)
    {
        SmallAdapter adapter = SmallAdapter.Peft().Set("target_modules", $"[\"{module}\"]");
        adapter.Pair(module, 8, 6);
        return adapter;
    }

    private static SmallAdapter Experts()
    {
        SmallAdapter adapter = SmallAdapter.Peft("\"target_parameters\": [\"mlp.experts.down_proj\"], \"peft_version\": \"0.21.0\", \"lora_dropout\": 0.0, \"init_lora_weights\": true, \"alpha_pattern\": {}, \"use_rslora\": false, "
            + "\"layer_replication\": null, \"use_qalora\": false, \"alora_invocation_tokens\": null, \"use_bdlora\": null, \"layers_to_transform\": null");
        adapter.Packed("model.layers.0.mlp.experts", 4, 6, 8);
        return adapter;
    }

    private static RepairResult Refuses(SmallAdapter adapter, string code)
    {
        RepairResult refused = Repairing.InMemory(adapter.Files()).Result;
        Assert.Equal([code], refused.Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => finding.Code.Id).Distinct());
        return refused;
    }

    private static (RepairResult Result, Converted Folder) Must(SmallAdapter adapter, string? baseConfig = null, ConversionOptions? options = null)
    {
        using var folder = new TemporaryFolder();
        foreach ((string name, ReadOnlyMemory<byte> bytes) in adapter.Files())
        {
            File.WriteAllBytes(folder[name], bytes.Span);
        }

        using var baseFolder = new TemporaryFolder();
        File.WriteAllText(baseFolder["config.json"], baseConfig ?? "{}");
        RepairResult result = Repairing.Must(folder.Path, folder["out"], baseConfig is null ? null : baseFolder.Path, options);
        RepairResult again = Repairing.Must(folder["out"], folder["again"], baseConfig is null ? null : baseFolder.Path, options);
        Assert.Empty(again.Changes);
        return (result, new Converted(null!, Directory.GetFiles(folder["out"]).ToDictionary(file => Path.GetFileName(file), file => new ReadOnlyMemory<byte>(File.ReadAllBytes(file)))));
    }
}
