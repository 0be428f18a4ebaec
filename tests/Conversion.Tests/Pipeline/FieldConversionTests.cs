using System.Text.Json.Nodes;
using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Readers;
using Transfuse.Conversion.Tests.Repair;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>Folders as people have them (tests/fixtures/field), and more of each kind: what converts, and what the refusals say.</summary>
public class FieldConversionTests
{
    private const string Llama = """{"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 6, "tie_word_embeddings": false}""";

    private static string Field(params string[] parts) => Path.Combine([Fixtures.Root, "field", .. parts]);

    [Fact]
    public void The_only_pair_of_a_module_may_lie_under_base_layer()
    {
        string input = Field("nested_base_layer", "in");
        using var folder = new TemporaryFolder();
        ConversionResult converted = Run.MustConvert(input, TargetProfile.MlxLm, folder["mlx"], Fixtures.HfBaseFolder("llama"));
        Assert.Equal(6, converted.Findings.Count(finding => finding.Code.Id == "TF2065"));
        Assert.True(Repairing.Must(input, folder["peft"], Fixtures.HfBaseFolder("llama")).IsWritten);
        Assert.DoesNotContain(
            OracleSafetensors.Read(Path.Combine(folder["peft"], "adapter_model.safetensors")).Keys,
            name => name.Contains("base_layer", StringComparison.Ordinal));

        // The Oracle reads the folder under the names that the modules have.
        IReadOnlyDictionary<string, OracleTensor> read = OracleSafetensors.Read(Path.Combine(input, "adapter_model.safetensors"));
        Dictionary<string,
        OracleTensor> plain = read.Values.Select(tensor => OracleTensor.F32(tensor.Name.Replace(".base_layer", string.Empty), tensor.ToArray()))
            .ToDictionary(tensor => tensor.Name);
        PeftReading meant = PeftOracle.Read(OracleJson.Read(Path.Combine(input, "adapter_config.json")), plain, HfBase.Fixture("llama"));
        Assert.Equal(6, meant.Deltas.Count);
        ReaderReport loaded = MlxLmLoader.Load(folder["mlx"], MlxBase.Fixture("llama"));
        Assert.Empty(loaded.Complaints);
        AdapterEquivalence.AssertSame(meant.Deltas, loaded.Applied, HfBase.Fixture("llama"), 0);
        AdapterEquivalence.AssertSame(PeftOracle.Read(folder["peft"], HfBase.Fixture("llama")).Deltas, loaded.Applied, HfBase.Fixture("llama"), 0);
    }

    [Fact]
    public void Two_pairs_of_a_module_are_two_adapters()
    {
        SmallAdapter adapter = SmallAdapter.Peft().Set("target_modules", """["q_proj"]""");
        adapter.Pair("model.layers.0.self_attn.q_proj", 6, 6);
        adapter.Pair("model.layers.0.self_attn.q_proj.base_layer", 6, 6);
        Assert.Equal(["TF2066"], Run.InMemory(adapter.Open(), TargetProfile.MlxLm, Llama).Errors);
        Assert.Equal(["TF2066"], Run.InMemory(adapter.Open(), TargetProfile.Peft).Errors);
    }

    // PEFT writes items without a module for all-linear; a router beside the experts has none of these parameters, and neither has a module that is a target
    // itself.
    [Theory]
    [InlineData("gate.weight", "down_proj", "gate_up_proj")]
    [InlineData("gate_up_proj", "gate.weight", "mlp.experts.down_proj", "down_proj")]
    [InlineData("model.layers.0.mlp.experts.gate_up_proj", "mlp.experts.down_proj", "model.layers.0.mlp.gate.weight")]
    public void A_parameter_without_a_module_counts_only_where_it_is(params string[] targets)
    {
        SmallAdapter adapter = SmallAdapter.Peft("\"peft_version\": \"0.21.0\"").Set("target_modules", """["q_proj"]""").Set("target_parameters", new JsonArray([.. targets.Select(target => JsonValue.Create(target))]).ToJsonString());
        DenseArray query = adapter.Pair("model.layers.0.self_attn.q_proj", 6, 6);
        DenseArray router = adapter.Pair("model.layers.0.mlp.gate", 6, 4);
        DenseArray gateUp = adapter.Packed("model.layers.0.mlp.experts.base_layer", 4, 6, 10);
        DenseArray down = adapter.Packed("model.layers.0.mlp.experts", 4, 5, 6);
        Converted converted = Run.MustConvert(
            adapter, TargetProfile.MlxLm, """{"model_type": "qwen3_moe", "num_hidden_layers": 1, "hidden_size": 6, "num_experts": 4, "moe_intermediate_size": 5, "tie_word_embeddings": false}""");

        IReadOnlyDictionary<string, OracleDelta> deltas = converted.MlxDeltas();
        AssertTwice(query, deltas["model.layers.0.self_attn.q_proj"]);
        AssertTwice(router, deltas["model.layers.0.mlp.gate"]);
        AssertTwice(Dense.Rows(gateUp, 0, 1, 5), deltas["model.layers.0.mlp.switch_mlp.gate_proj"]);
        AssertTwice(Dense.Rows(gateUp, 5, 1, 5), deltas["model.layers.0.mlp.switch_mlp.up_proj"]);
        AssertTwice(down, deltas["model.layers.0.mlp.switch_mlp.down_proj"]);
        Assert.Equal(5, deltas.Count);

        // Alpha 4 and rank 2.
        static void AssertTwice(DenseArray product, OracleDelta delta)
        {
            Assert.Equal(product.Shape, delta.Delta.Shape);
            Assert.Equal(product.Values.Select(value => 2 * value), delta.Delta.Values);
        }
    }

    [Fact]
    public void More_pairs_than_named_parameters_stay_a_question()
    {
        SmallAdapter adapter = SmallAdapter.Peft("\"peft_version\": \"0.21.0\"").Set("target_parameters", """["down_proj"]""");
        adapter.Packed("model.layers.0.mlp.experts.base_layer", 4, 6, 10);
        adapter.Packed("model.layers.0.mlp.experts", 4, 5, 6);
        Assert.Equal(["TF2103"], Run.InMemory(adapter.Open(), TargetProfile.MlxLm, """{"model_type": "qwen3_moe", "num_hidden_layers": 1, "num_experts": 4}""").Errors);
    }

    [Theory]
    [InlineData("zero3_empty", 1, "all 12 tensors have the shape (0)")]
    [InlineData("zero3_part_empty", 3, "has the shape (0)")]
    public void Tensors_that_zero_3_left_empty_are_called_so(string name, int findings, string message)
    {
        string input = Field(name, "in");
        using var folder = new TemporaryFolder();
        ConversionResult refused = Run.MustRefuse(input, TargetProfile.MlxLm, folder["mlx"], ["TF2067"], Fixtures.HfBaseFolder("llama"));
        Finding[] empty = [.. refused.Findings.Where(finding => finding.Code.Id == "TF2067")];
        Assert.Equal(findings, empty.Length);
        Assert.All(empty, finding => Assert.Contains(message, finding.Message));
        Assert.Contains("ZeRO-3", empty[0].Code.Cause);
        Assert.Contains("zero_to_fp32", empty[0].Code.Remedy);
        Repairing.MustRefuse(input, folder["peft"], ["TF2067"]);
    }

    [Fact]
    public void An_empty_whole_module_is_named_as_an_empty_factor_is()
    {
        SmallAdapter adapter = SmallAdapter.Peft("\"modules_to_save\": [\"lm_head\"]").Set("target_modules", """["q_proj"]""");
        adapter.Pair("model.layers.0.self_attn.q_proj", 6, 6);
        adapter.Put("base_model.model.lm_head.weight", DenseArray.Zeros(0));
        Converted refused = Run.InMemory(adapter.Open(), TargetProfile.Peft);
        Assert.Equal(["TF2067"], refused.Errors);
        Assert.Contains("base_model.model.lm_head.weight", refused.ToString());
    }

    [Theory]
    [InlineData("layers.0.attn.q_proj.lora_a.weight", "torchtune")]
    [InlineData("decoder.layers.1.mlp.w2.lora_b.weight", "torchtune")]
    [InlineData("layers.0.attention.wq.lora_A.weight", "mistral-finetune")]
    [InlineData("layers.7.feed_forward.experts.3.w2.lora_B.weight", "mistral-finetune")]
    [InlineData("transformer.h.0.attn.qkv.lora_A", "LitGPT")]
    [InlineData("lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight", "kohya")]
    public void Forms_of_other_programs_are_called_by_name(string tensor, string program)
    {
        foreach (SmallAdapter adapter in new[] { SmallAdapter.Peft(), SmallAdapter.Mlx() })
        {
            adapter.Random(tensor, 2, 6);
            Finding foreign = Assert.Single(Run.InMemory(adapter.Open(), TargetProfile.MlxLm, Llama).Findings);
            Assert.Equal("TF1065", foreign.Code.Id);
            Assert.Contains(tensor, foreign.Message);
            Assert.Contains(program, foreign.Message);
        }
    }

    [Theory]
    [InlineData("base_model.model.model.layers.0.attention.wq")]
    [InlineData("base_model.model.transformer.h.0.attn.c_attn")]
    public void Names_of_peft_are_no_foreign_form(string module)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Random(module + ".lora_A.weight", 2, 6);
        adapter.Random(module + ".lora_B.weight", 6, 2);
        Assert.DoesNotContain("TF1065", Run.InMemory(adapter.Open(), TargetProfile.Peft).Errors);
    }

    [Fact]
    public void The_folder_of_torchtune_is_called_so()
    {
        using var folder = new TemporaryFolder();
        ConversionResult refused = Run.MustRefuse(
            Field("torchtune_native", "in"), TargetProfile.MlxLm, folder["mlx"], ["TF1065"], Fixtures.HfBaseFolder("llama"));
        Assert.Contains("torchtune", Assert.Single(refused.Findings).Message);
        Repairing.MustRefuse(Field("torchtune_native", "in"), folder["peft"], ["TF1065"]);
    }

    [Fact]
    public void A_models_config_is_called_so()
    {
        using var folder = new TemporaryFolder();
        ConversionResult refused = Run.MustRefuse(Field("model_config", "in"), TargetProfile.MlxLm, folder["mlx"], ["TF3167"], Fixtures.HfBaseFolder("llama"));
        Assert.Contains("model_type llama", Assert.Single(refused.Findings).Message);
        Repairing.MustRefuse(Field("model_config", "in"), folder["peft"], ["TF3167"]);
    }

    [Theory]
    [InlineData("""{"model_type": "longcat_flash", "hidden_size": 8, "num_layers": 2}""", true)]
    [InlineData("""{"model_type": "gemma3", "text_config": {}, "vision_config": {}}""", true)]
    [InlineData("""{"model_type": "llama", "peft_type": "LORA", "hidden_size": 8}""", false)]
    [InlineData("""{"model_type": "llama", "architectures": [], "r": 2, "lora_alpha": 4}""", false)]
    [InlineData("""{"r": 2, "lora_alpha": 4}""", false)]
    public void Only_a_models_config_is_one(string config, bool isModel)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair("model.layers.0.self_attn.q_proj", 6, 6);
        Dictionary<string, ReadOnlyMemory<byte>> files = adapter.Files();
        files["adapter_config.json"] = System.Text.Encoding.UTF8.GetBytes(config);
        Assert.Equal(isModel, Run.InMemory(AdapterSource.FromMemory("adapter", files), TargetProfile.MlxLm, Llama).Errors.Contains("TF3167"));
    }

    [Fact]
    public void Of_both_dialects_in_a_folder_the_given_file_decides()
    {
        string input = Field("both_dialects", "in");
        using var folder = new TemporaryFolder();
        ConversionResult unclear = Run.MustRefuse(input, TargetProfile.MlxLm, folder["mlx"], ["TF1008"], Fixtures.HfBaseFolder("llama"));
        Assert.Contains("adapter_model.safetensors, adapters.safetensors", Assert.Single(unclear.Findings).Message);

        Run.MustConvert(Path.Combine(input, "adapter_model.safetensors"), TargetProfile.MlxLm, folder["from-peft"], Fixtures.HfBaseFolder("llama"));
        AdapterEquivalence.AssertSame(
            PeftOracle.Read(input, HfBase.Fixture("llama")).Deltas, MlxOracle.Read(folder["from-peft"]).Deltas, HfBase.Fixture("llama"), 0);

        string mlx = Path.Combine(input, "adapters.safetensors");
        ConversionResult asked = Run.MustRefuse(mlx, TargetProfile.Peft, folder["refused"], ["TF3501"], Fixtures.MlxBaseFolder("llama"));
        Assert.Contains(asked.Findings, finding => finding.Code.Id == "TF1066");
        Run.MustConvert(mlx, TargetProfile.Peft, folder["from-mlx"], Fixtures.MlxBaseFolder("llama"), new ConversionOptions { Scale = 2 });
        IReadOnlyDictionary<string, OracleTensor> tensors = OracleSafetensors.Read(mlx);
        string module = tensors.Keys.First(name => name.EndsWith(".lora_a", StringComparison.Ordinal))[..^".lora_a".Length];
        DenseArray product = Dense.Transpose(Dense.Multiply(tensors[module + ".lora_a"].ToArray(), tensors[module + ".lora_b"].ToArray()));
        OracleDelta written = PeftOracle.Read(folder["from-mlx"], HfBase.Fixture("llama")).Deltas[module + ".weight"];
        Assert.Equal(product.Values.Select(value => 2 * value), written.Delta.Values);
    }

    [Fact]
    public void A_peft_file_beside_an_mlx_config_is_read_as_one_without_config()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        DenseArray delta = adapter.Pair("model.layers.0.self_attn.q_proj", 6, 6);
        Dictionary<string, ReadOnlyMemory<byte>> files = adapter.Files();
        files["adapter_config.json"] = SmallAdapter.Mlx().Files()["adapter_config.json"];
        Converted refused = Run.InMemory(AdapterSource.FromMemory("adapter", files), TargetProfile.MlxLm, Llama);
        Assert.Equal(["TF1001"], refused.Errors);
        Assert.True(refused.Has("TF1066"));

        (RepairResult repaired, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> written) = Repairing.InMemory(files, Repairing.Scale(3));
        Assert.True(repaired.IsWritten);
        Converted again = Run.InMemory(AdapterSource.FromMemory("repaired", written), TargetProfile.MlxLm, Llama);
        Assert.Equal(delta.Values.Select(value => 3 * value), Assert.Single(again.MlxDeltas()).Value.Delta.Values);
    }

    [Theory]
    [InlineData("vision_and_language", "in/vision", "vision_tower", 2, 21)]
    [InlineData("vision_too", "in", "visual", 7, 6)]
    public void A_tower_is_not_judged_and_its_adapter_can_be_left_out_knowingly(string name, string path, string tower, int modules, int left)
    {
        string input = Field(name, path), baseFolder = Field(name, "base");
        using var folder = new TemporaryFolder();
        ConversionResult refused = Run.MustRefuse(input, TargetProfile.MlxLm, folder["refused"], ["TF4010"], baseFolder);
        Assert.Equal(
            modules,
            refused.Findings.Count(finding => finding.Code.Id == "TF4010" && finding.Message.Contains($"lies in {tower}, ", StringComparison.Ordinal)));

        Run.MustConvert(input, TargetProfile.MlxLm, folder["mlx"], baseFolder, new ConversionOptions { Allowed = ["TF4010"], Verify = true });
        IReadOnlyDictionary<string, OracleDelta> written = MlxOracle.Read(folder["mlx"]).Deltas;
        Assert.Equal(left, written.Count);

        // Of the language model nothing but the root differs.
        Dictionary<string, OracleDelta> meant = PeftOracle.Read(input).Deltas.Where(
            item => item.Key.StartsWith("model.language_model.", StringComparison.Ordinal))
            .ToDictionary(item => item.Key.Replace("model.language_model.", "language_model.model.").Replace(".weight", string.Empty), item => item.Value);
        Assert.Equal(meant.Keys.Order(), written.Keys.Order());
        Assert.All(meant, item => Assert.Equal(item.Value.Delta.Values, written[item.Key].Delta.Values));

        foreach (string reader in new[] { "peft", "vllm" })
        {
            CheckResult check = ReaderRun.Check(input, reader, baseFolder);
            Assert.Equal(CheckVerdict.Loads, check.Verdict);
            Finding[] said = [.. check.Findings.Where(finding => finding.Code.Id == "TF5555")];
            Assert.Equal(modules, said.Length);
            Assert.All(said, finding => Assert.Contains($"model.{tower}.", finding.Subject));
        }
    }

    [Fact]
    public void A_text_model_has_no_tower()
    {
        SmallAdapter adapter = SmallAdapter.Peft().Set("target_modules", """["q_proj"]""");
        adapter.Pair("vision_tower.layers.0.self_attn.q_proj", 6, 6);
        adapter.Pair("model.layers.0.self_attn.q_proj", 6, 6);
        Converted refused = Run.InMemory(adapter.Open(), TargetProfile.MlxLm, Llama);
        Assert.Contains("llama has no such module; its layers are model.layers", refused.ToString());
    }

    [Fact]
    public void An_adapter_of_a_tower_alone_leaves_nothing_to_convert()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair("model.visual.blocks.0.attn.qkv", 6, 6);
        Converted refused = Run.InMemory(
            adapter.Open(), TargetProfile.MlxLm, """{"model_type": "qwen3_vl", "text_config": {"num_hidden_layers": 1}, "vision_config": {}}""", new ConversionOptions { Allowed = ["TF4010"] });
        Assert.Equal(["TF2011"], refused.Errors);
    }

    [Theory]
    [InlineData("split_in_proj", "in_proj_q: qwen3_5 has no such module; linear_attn has in_proj_a, in_proj_b, in_proj_qkv, in_proj_z, out_proj")]
    [InlineData(
        "other_expert_names",
        "mlp.experts.0.gate_proj: minimax_m2 has no such module; mlp.experts has down_proj, gate_up_proj, and a single expert is "
        + "block_sparse_moe.experts.*.w1, block_sparse_moe.experts.*.w2, block_sparse_moe.experts.*.w3")]
    public void The_text_about_a_missing_module_says_what_the_base_has(string name, string text)
    {
        using var folder = new TemporaryFolder();
        ConversionResult refused = Run.MustRefuse(Field(name, "in"), TargetProfile.MlxLm, folder["mlx"], ["TF4010"], Field(name, "base"));
        Assert.Contains(refused.Findings, finding => finding.ToString().EndsWith(text, StringComparison.Ordinal));
        Assert.DoesNotContain(refused.Findings, finding => finding.ToString().Contains("tower", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"model_type": "llama", "num_hidden_layers": 1, "tie_word_embeddings": false}""", "model.layers.0.self_attn.qkv_proj", "self_attn has k_proj, o_proj, q_proj, v_proj")]
    [InlineData("""{"model_type": "llama", "num_hidden_layers": 1, "tie_word_embeddings": false}""", "foo.bar", "its layers are model.layers, and beside them it has lm_head, model.embed_tokens")]
    [InlineData("""{"model_type": "mixtral", "num_hidden_layers": 1, "num_local_experts": 2}""", "model.layers.0.mlp.shared_expert.up_proj", "mlp has")]
    [InlineData("""{"model_type": "gpt2", "n_layer": 1}""", "transformer.h.0.attn.q_proj", "attn has c_attn, c_proj")]
    public void Any_missing_module_is_told_its_neighbours(string config, string module, string text)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair(module, 6, 6);
        Converted refused = Run.InMemory(adapter.Open(), TargetProfile.MlxLm, config);
        Assert.Equal(["TF4010"], refused.Errors);
        Assert.Contains(text, refused.ToString());
    }

    [Fact]
    public void Gemma_ties_its_head_by_default()
    {
        string input = Field("gemma_tied_head", "in"), baseFolder = Field("gemma_tied_head", "base");
        using var folder = new TemporaryFolder();
        Run.MustRefuse(input, TargetProfile.MlxLm, folder["refused"], ["TF4019"], baseFolder);
        ConversionResult converted = Run.MustConvert(input, TargetProfile.MlxLm, folder["mlx"], baseFolder, new ConversionOptions { Allowed = ["TF4019"] });
        Assert.DoesNotContain(converted.Findings, finding => finding.Message.Contains("no base was given", StringComparison.Ordinal));
        Assert.Equal(CheckVerdict.Loads, ReaderRun.Check(folder["mlx"], "mlx-lm", baseFolder).Verdict);
    }

    [Theory]
    [InlineData("gemma3", "false", true)]
    [InlineData("gemma3", "true", false)]
    [InlineData("gemma3_text", "false", true)]
    public void Gemmas_config_overrules_the_default(string modelType, string tied, bool converts)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair("lm_head", 6, 8);
        Converted converted = Run.InMemory(adapter.Open(), TargetProfile.MlxLm, $$"""{"model_type": "{{modelType}}", "num_hidden_layers": 1, "tie_word_embeddings": {{tied}}}""");
        Assert.Equal(converts, converted.Result.IsWritten);
        Assert.Equal(!converts, converted.Has("TF4019"));
    }

    [Fact]
    public void Grouped_experts_are_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        ConversionResult refused = Run.MustRefuse(
            Field("grouped_experts", "in"), TargetProfile.MlxLm, folder["mlx"], ["TF2005"], Fixtures.HfBaseFolder("qwen3_moe"));
        Finding[] unknown = [.. refused.Findings.Where(finding => finding.Code.Id == "TF2005")];
        Assert.Equal(12, unknown.Length);
        Assert.All(unknown, finding => Assert.Contains("no loader reads a tensor of this name", finding.Message));
        Assert.All(unknown, finding => Assert.DoesNotContain("merge", finding.ToString() + finding.Code.Remedy));
    }

    [Fact]
    public void A_missing_attention_k_eq_v_is_false_as_its_readers_take_it()
    {
        using var folder = new TemporaryFolder();
        JsonObject config = JsonNode.Parse(File.ReadAllText(Field("vision_and_language", "base", "config.json")))!.AsObject();
        string input = Field("vision_and_language", "in", "text");
        config["text_config"]!.AsObject().Remove("attention_k_eq_v");
        Run.MustConvert(input, TargetProfile.MlxLm, folder["mlx"], Save(folder["base"], config));
        Run.MustConvert(input, TargetProfile.MlxLm, folder["stated"], Field("vision_and_language", "base"));
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(folder["stated"], "adapters.safetensors")), File.ReadAllBytes(Path.Combine(folder["mlx"], "adapters.safetensors")));

        config["text_config"]!.AsObject().Remove("num_kv_shared_layers");
        ConversionResult refused = Run.MustRefuse(input, TargetProfile.MlxLm, folder["refused"], ["TF4016"], Save(folder["base2"], config));
        Assert.All(refused.Findings, finding => Assert.Equal("its config.json lacks num_kv_shared_layers, which decides this", finding.Message));

        static string Save(string at, JsonObject config)
        {
            Directory.CreateDirectory(at);
            File.WriteAllText(Path.Combine(at, "config.json"), config.ToJsonString());
            return at;
        }
    }

    [Fact]
    public void Gemma_4_adapts_its_mlp_in_swift_since_its_pull_request_602()
    {
        string input = Field("vision_and_language", "in", "text"), baseFolder = Field("vision_and_language", "base");
        using var folder = new TemporaryFolder();
        ConversionResult converted = Run.MustConvert(input, TargetProfile.MlxSwift, folder["swift"], baseFolder);
        Assert.Equal(
            9,
            converted.Findings.Count(
                finding => finding.Code.Id == "TF5065"
                    && finding.Message.Contains("602", StringComparison.Ordinal)
                    && finding.Message.Contains("3.31.4", StringComparison.Ordinal)));
        string[] keys =
            [.. OracleJson.Read(
                Path.Combine(folder["swift"], "adapter_config.json")).GetProperty("lora_parameters").GetProperty("keys").EnumerateArray().Select(key =>
                    key.GetString()!)];

        // Releases before it find keys below self_attn, those since then below the layer.
        Assert.Equal(
            ["k_proj", "mlp.down_proj", "mlp.gate_proj", "mlp.up_proj", "o_proj", "q_proj", "self_attn.k_proj", "self_attn.o_proj", "self_attn.q_proj", "self_attn.v_proj", "v_proj"],
            keys);
        CheckResult check = ReaderRun.Check(folder["swift"], "mlx-swift", baseFolder);
        Assert.Equal(CheckVerdict.Loads, check.Verdict);
        Assert.Equal(
            9,
            check.Findings.Count(finding => finding.Code.Id == "TF5565" && finding.Message.Contains("since its pull request 602", StringComparison.Ordinal)));

        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder["swift"], "adapter_config.json")))!.AsObject();
        config["lora_parameters"]!["keys"] = new JsonArray("q_proj", "k_proj", "v_proj", "o_proj", "mlp.down_proj", "mlp.gate_proj", "mlp.up_proj");
        File.WriteAllText(Path.Combine(folder["swift"], "adapter_config.json"), config.ToJsonString());
        Assert.Equal(
            12,
            ReaderRun.Check(folder["swift"], "mlx-swift", baseFolder).Findings.Count(
                finding => finding.Code.Id == "TF5565" && finding.Message.Contains("3.31.4 and before", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("\"abc\"")]
    [InlineData("1.5")]
    [InlineData("-0.5")]
    public void An_unusable_dropout_becomes_0(string dropout)
    {
        SmallAdapter peft = SmallAdapter.Peft().Set("lora_dropout", dropout).Set("target_modules", """["q_proj"]""");
        peft.Pair("model.layers.0.self_attn.q_proj", 6, 6);
        Converted toMlx = Run.MustConvert(peft, TargetProfile.MlxLm, Llama);
        Assert.True(toMlx.Has("TF3165"));
        Assert.Equal(0, toMlx.Config.GetProperty("lora_parameters").GetProperty("dropout").GetDouble());
        Assert.Equal(0, Run.MustConvert(peft, TargetProfile.Peft, Llama).Config.GetProperty("lora_dropout").GetDouble());
        Assert.Equal(
            0,
            OracleJson.Parse(System.Text.Encoding.UTF8.GetString(Repairing.InMemory(peft.Files()).Files["adapter_config.json"].Span))
                .GetProperty("lora_dropout")
                .GetDouble());

        SmallAdapter mlx = SmallAdapter.Mlx();
        mlx.Config["lora_parameters"]!["dropout"] = JsonNode.Parse(dropout);
        mlx.MlxPair("model.layers.0.self_attn.q_proj", 6, 6);
        Converted toPeft = Run.MustConvert(mlx, TargetProfile.Peft, Llama);
        Assert.True(toPeft.Has("TF3565"));
        Assert.Equal(0, toPeft.Config.GetProperty("lora_dropout").GetDouble());
        Assert.Equal(
            0.25, Run.MustConvert(mlx, TargetProfile.Peft, Llama, new ConversionOptions { Dropout = 0.25 }).Config.GetProperty("lora_dropout").GetDouble());
    }

    [Theory]
    [InlineData("mlx-community/Llama-3.2-1B-Instruct-4bit", true)]
    [InlineData("lmstudio-community/Qwen3-8B-MLX-8bit", true)]
    [InlineData("someone/model-mlx-q6", true)]
    [InlineData("mlx-community/Llama-3.2-1B-Instruct-bf16", false)]
    [InlineData("unsloth/Llama-3.2-1B-bnb-4bit", false)]
    [InlineData("meta-llama/Llama-3.2-1B", false)]
    public void A_base_that_was_quantized_for_mlx_is_named_in_a_peft_config(string id, bool isNamed)
    {
        SmallAdapter peft = SmallAdapter.Peft($"\"base_model_name_or_path\": \"{id}\"");
        peft.Pair("model.layers.0.self_attn.q_proj", 6, 6);
        Assert.Equal(isNamed, Run.MustConvert(peft, TargetProfile.MlxLm, Llama).Has("TF3166"));
        SmallAdapter mlx = SmallAdapter.Mlx(fields: $"\"model\": \"{id}\"");
        mlx.MlxPair("model.layers.0.self_attn.q_proj", 6, 6);
        Assert.Equal(isNamed, Run.MustConvert(mlx, TargetProfile.Peft, Llama).Has("TF3166"));
        Assert.False(Run.MustConvert(mlx, TargetProfile.MlxLm, Llama).Has("TF3166"));
    }
}
