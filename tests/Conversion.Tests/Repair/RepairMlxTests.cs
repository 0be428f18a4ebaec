using System.Text;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Oracle;
using static Transfuse.Conversion.Tests.Repair.SmallMlx;

namespace Transfuse.Conversion.Tests.Repair;

/// <summary>Forms of MLX folders that no fixture has, one by one.</summary>
public class RepairMlxTests
{
    private const string Base = """{"model_type": "llama", "num_hidden_layers": 4, "hidden_size": 8}""";

    [Fact]
    public void Ranks_that_differ_are_padded_and_change_nothing()
    {
        SmallAdapter adapter = SmallAdapter.Mlx(rank: 4);
        DenseArray two = adapter.MlxPair("model.layers.0.self_attn.q_proj", 8, 8, 2);
        DenseArray four = adapter.MlxPair("model.layers.0.self_attn.v_proj", 8, 6, 4);
        (RepairResult result, Converted repaired) = Must(adapter);
        Assert.Contains(result.Changes, change => change.Before == "rank 2" && change.After == "rank 4");
        Assert.Equal([8, 4], repaired.Tensor("model.layers.0.self_attn.q_proj.lora_a").Shape);
        IReadOnlyDictionary<string, OracleDelta> deltas = repaired.MlxDeltas();
        DeltaComparison.AssertClose(deltas["model.layers.0.self_attn.q_proj"].Delta, Dense.Scale(two, 2), 0, "q");
        DeltaComparison.AssertClose(deltas["model.layers.0.self_attn.v_proj"].Delta, Dense.Scale(four, 2), 0, "v");
        Assert.Equal(repaired.Tensors["model.layers.0.self_attn.v_proj.lora_a"].Bytes, adapter.Tensors["model.layers.0.self_attn.v_proj.lora_a"].Bytes);
    }

    [Fact]
    public void Factors_that_are_layers_are_turned_around()
    {
        SmallAdapter adapter = SmallAdapter.Mlx();
        DenseArray a = adapter.Random("model.layers.0.self_attn.q_proj.lora_a.weight", 2, 8);
        DenseArray b = adapter.Random("model.layers.0.self_attn.q_proj.lora_b.weight", 6, 2);
        (_, Converted repaired) = Must(adapter);
        DeltaComparison.AssertClose(repaired.MlxDeltas()["model.layers.0.self_attn.q_proj"].Delta, Dense.Scale(Dense.Multiply(b, a), 2), 0, "q");
    }

    [Fact]
    public void Layers_of_0_19_to_0_21_4_are_all_of_them()
    {
        SmallAdapter adapter = Layers(4);
        adapter.Set("num_layers", "2");
        Assert.Equal(1024, Must(adapter).Folder.Config.GetProperty("num_layers").GetInt32());
        Assert.Equal(4, Must(adapter, Base).Folder.Config.GetProperty("num_layers").GetInt32());
    }

    [Fact]
    public void A_base_shows_that_early_layers_would_be_missed()
    {
        SmallAdapter adapter = Layers(2);
        adapter.Set("num_layers", "2");
        adapter.Config["lora_parameters"]!["keys"] = new System.Text.Json.Nodes.JsonArray("self_attn.q_proj");
        RepairResult without = Must(adapter).Result;
        Assert.Empty(without.Changes);
        Assert.Contains(without.Findings, finding => finding.Code == MlxConfigCodes.LayersUnconfirmed);
        (RepairResult with, Converted folder) = Must(adapter, Base);
        Assert.Equal(["num_layers"], with.Changes.Select(change => change.Subject));
        Assert.Equal(4, folder.Config.GetProperty("num_layers").GetInt32());
        Assert.DoesNotContain(with.Findings, finding => finding.Code == MlxConfigCodes.LayersUnconfirmed);
    }

    [Fact]
    public void Dora_that_was_not_honoured_is_LoRA()
    {
        SmallAdapter adapter = Layers(1);
        adapter.Config.Remove("fine_tune_type");
        adapter.Set("use_dora", "true");
        (RepairResult result, Converted repaired) = Must(adapter);
        Assert.Equal("lora", repaired.Config.GetText("fine_tune_type"));
        Assert.False(repaired.Config.Has("use_dora"));
        Assert.Contains(result.Findings, finding => finding.Message.Contains("0.14.2 to 0.16.0", StringComparison.Ordinal));
    }

    [Fact]
    public void Weights_of_the_base_are_refused_for_mlx_lm_and_left_out_knowingly()
    {
        SmallAdapter adapter = Layers(1);
        adapter.Random("model.layers.0.self_attn.q_proj.weight", 8, 8);
        adapter.Random("lora_router.weight", 4);
        RepairResult refused = Repairing.InMemory(adapter.Files()).Result;
        Assert.Equal(["TF2301", "TF2301"], refused.Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => finding.Code.Id));
        Assert.Contains(refused.Findings, finding => finding.Code == MlxConfigCodes.BaseWeights);
        (_, Converted repaired) = Must(adapter, options: ConversionOptions.Default with { Allowed = ["TF2301"] });
        Assert.Equal(2, repaired.Tensors.Count);
    }

    [Fact]
    public void A_parameter_that_is_called_m_is_no_magnitude()
    {
        SmallAdapter adapter = Layers(1);
        adapter.Random("model.layers.0.mixer.m", 4);
        (RepairResult result, Converted repaired) = Must(adapter, options: ConversionOptions.Default with { Allowed = ["TF2301"] });
        Assert.Equal("lora", repaired.Config.GetText("fine_tune_type"));
        Assert.Equal("model.layers.0.mixer.m", Assert.Single(result.Findings, finding => finding.Code == TensorCodes.WholeModule).Subject);
    }

    [Fact]
    public void Unknown_fields_stay_with_the_text_that_they_have()
    {
        SmallAdapter adapter = Layers(1).Set("learning_rate", "2e-05").Set("extra", "{\"deep\": [1.50, null]}");
        adapter.Config.Remove("num_layers");
        (_, Converted repaired) = Must(adapter);
        string text = Encoding.UTF8.GetString(repaired.Files["adapter_config.json"].Span);
        Assert.Contains("\"learning_rate\": 2e-05", text);
        Assert.Contains("1.50", text);
    }

    [Theory]
    [InlineData("-2.0")]
    [InlineData("0.0")]
    public void A_scale_that_no_training_writes_asks_for_confirmation(string scale)
    {
        SmallAdapter adapter = Layers(1);
        adapter.Config["lora_parameters"]!["scale"] = double.Parse(scale);
        RepairResult refused = Repairing.InMemory(adapter.Files()).Result;
        Assert.False(refused.IsWritten);
        Assert.Contains(refused.Findings, finding => finding.Severity == Severity.Error && finding.Message.Contains("--scale", StringComparison.Ordinal));
        (RepairResult confirmed, Converted folder) = Must(adapter, options: Repairing.Scale(double.Parse(scale)));
        Assert.DoesNotContain(confirmed.Changes, change => change.Subject.Contains("scale", StringComparison.Ordinal));
        Assert.Equal(double.Parse(scale), folder.Config.GetProperty("lora_parameters").GetNumber("scale", 9));
    }

    [Fact]
    public void An_option_overrides_what_the_config_says_with_a_warning()
    {
        (RepairResult result, Converted folder) = Must(Layers(1), options: Repairing.Scale(5));
        Assert.Equal(5, folder.Config.GetProperty("lora_parameters").GetNumber("scale", 0));
        Finding finding = result.Findings.Single(finding => finding.Code == MlxConfigCodes.Overridden);
        Assert.Contains("says 2", finding.Message);
    }

    [Fact]
    public void Bare_weights_need_a_scale()
    {
        Dictionary<string, ReadOnlyMemory<byte>> files = Layers(1).Files();
        files.Remove("adapter_config.json");
        RepairResult refused = Repairing.InMemory(files).Result;
        Assert.Equal("TF3501", refused.Findings.Single(finding => finding.Severity == Severity.Error).Code.Id);
        (RepairResult result, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> repaired) = Repairing.InMemory(files, Repairing.Scale(3));
        Assert.True(result.IsWritten, string.Join('\n', result.Findings));
        Assert.Equal(3, OracleJson.Parse(Encoding.UTF8.GetString(repaired["adapter_config.json"].Span)).GetProperty("lora_parameters").GetNumber("scale", 0));
    }

    [Fact]
    public void Half_a_pair_is_refused_or_left_out_on_demand()
    {
        SmallAdapter adapter = Layers(2);
        adapter.Tensors.Remove("model.layers.1.self_attn.q_proj.lora_b");
        RepairResult refused = Repairing.InMemory(adapter.Files()).Result;
        Assert.Contains(refused.Findings, finding => finding.Code == TensorCodes.HalfPair);
        Assert.False(refused.IsWritten);
        (RepairResult allowed, Converted folder) = Must(adapter, options: ConversionOptions.Default with { Allowed = ["TF2001"] });
        Assert.DoesNotContain("model.layers.1.self_attn.q_proj.lora_a", folder.Tensors.Keys);
        Assert.Contains(allowed.Changes, change => change.After is null && change.Subject.EndsWith("lora_a", StringComparison.Ordinal));
    }

    [Fact]
    public void A_list_of_modules_is_respected()
    {
        SmallAdapter adapter = Layers(2)
            .Set("unsloth_mlx_lora_module_paths", "[\"model.layers.0.self_attn.q_proj\"]")
            .Set("base_model_name_or_path", "\"acme/toy\"");
        RepairResult refused = Repairing.InMemory(adapter.Files()).Result;
        Assert.Equal(["TF3518"], refused.Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => finding.Code.Id));
        (_, Converted allowed) = Must(adapter, options: ConversionOptions.Default with { Allowed = ["TF3518"] });
        Assert.Equal(["model.layers.0.self_attn.q_proj.lora_a", "model.layers.0.self_attn.q_proj.lora_b"], allowed.Tensors.Keys.Order());

        adapter.Set("unsloth_mlx_lora_module_paths", "[]");
        (_, Converted rebuilt) = Must(adapter);
        Assert.Empty(rebuilt.Config.GetStrings("unsloth_mlx_lora_module_paths")!);
        Assert.Equal(["model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.q_proj"], rebuilt.Config.GetProperty("lora_parameters").GetStrings("keys")!);
        Assert.Equal(4, rebuilt.Tensors.Count);
    }

    [Fact]
    public void Numbers_in_strings_become_numbers()
    {
        SmallAdapter adapter = Layers(1).Set("num_layers", "\"16\"");
        adapter.Config["lora_parameters"]!["rank"] = "2";
        adapter.Config["lora_parameters"]!["scale"] = "2.5";
        (RepairResult result, Converted folder) = Must(adapter);
        Assert.Equal("""{"rank":2,"scale":2.5,"dropout":0.0,"keys":["self_attn.q_proj"]}""", folder.Config.GetProperty("lora_parameters").GetRawText().Replace(" ", "").Replace("\n", ""));
        Assert.Equal(16, folder.Config.GetProperty("num_layers").GetInt32());
        Assert.Equal(3, result.Findings.Count(finding => finding.Code == ConfigCodes.NumberAsText));
    }

    [Fact]
    public void A_config_that_is_no_object_is_refused()
    {
        Dictionary<string, ReadOnlyMemory<byte>> files = Layers(1).Files();
        files["adapter_config.json"] = "[1]"u8.ToArray();
        Assert.Equal("TF1401", Repairing.InMemory(files).Result.Findings.Single().Code.Id);
    }

    [Fact]
    public void Files_beside_the_adapter_go_along()
    {
        Dictionary<string, ReadOnlyMemory<byte>> files = Layers(1).Files();
        files["README.md"] = "card"u8.ToArray();
        files["0000100_adapters.safetensors"] = files["adapters.safetensors"];
        IReadOnlyDictionary<string, ReadOnlyMemory<byte>> repaired = Repairing.InMemory(files).Files;
        Assert.Equal(["0000100_adapters.safetensors", "README.md", "adapter_config.json", "adapters.safetensors"], repaired.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("card", Encoding.UTF8.GetString(repaired["README.md"].Span));
    }
}
