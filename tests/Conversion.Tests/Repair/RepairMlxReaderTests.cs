using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Oracle;
using static Transfuse.Conversion.Tests.Repair.SmallMlx;

namespace Transfuse.Conversion.Tests.Repair;

/// <summary>A repaired MLX folder still loads in the program that it is for, and what none can load is refused.</summary>
public class RepairMlxReaderTests
{
    [Theory]
    [InlineData("lora")]
    [InlineData("dora")]
    public void Modules_with_and_without_magnitudes_are_refused(string type)
    {
        SmallAdapter adapter = Layers(3).Set("fine_tune_type", $"\"{type}\"");
        adapter.Random("model.layers.2.self_attn.q_proj.m", 8);
        RepairResult refused = Repairing.InMemory(adapter.Files()).Result;
        Assert.False(refused.IsWritten);
        if (type == "dora")
        {
            Assert.Equal(
                ["model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.q_proj"],
                refused.Findings.Where(finding => finding.Code == TargetCodes.DoraMixed).Select(finding => finding.Subject));
        }
        else
        {
            Assert.Contains(
                "1 of 3 modules", Assert.Single(refused.Findings, finding => finding.Code == MlxConfigCodes.StrayMagnitudes).Message, StringComparison.Ordinal);
            RepairResult told = Repairing.InMemory(adapter.Files(), ConversionOptions.Default with { Allowed = ["TF3561"] }).Result;
            Assert.True(told.IsWritten, string.Join('\n', told.Findings));
            Assert.False(told.Adapter!.HasMagnitudes);
        }

        Assert.DoesNotContain(refused.Findings, finding => finding.Code == MlxConfigCodes.TypeStale);
    }

    [Fact]
    public void Experts_without_magnitudes_beside_DoRA_are_for_Unsloth_alone()
    {
        SmallAdapter adapter = Layers(1).Set("fine_tune_type", "\"dora\"");
        adapter.Random("model.layers.0.self_attn.q_proj.m", 8);
        adapter.MlxExperts("model.layers.0.mlp.switch_mlp.up_proj", 4, 8, 6);
        Assert.Equal(["TF5003"], Errors(Repairing.InMemory(adapter.Files()).Result));
        adapter.Set("requires_unsloth_mlx_runtime_quantization", "false").Set("base_model_name_or_path", "\"acme/toy\"");
        (_, Converted unsloth) = Must(adapter);
        Assert.Equal("dora", unsloth.Config.GetText("fine_tune_type"));
        adapter.MlxPair("model.layers.0.self_attn.v_proj", 8, 8);
        Assert.Equal(["TF5003"], Errors(Repairing.InMemory(adapter.Files()).Result));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("null")]
    [InlineData("[\"q_proj\"]")]
    [InlineData("\"self_attn.q_proj\"")]
    public void A_folder_of_mlx_swift_keeps_loading_there(string? keys)
    {
        FixtureCase fixture = Fixtures.Case("swift_llama");
        MlxBase mlxBase = MlxBase.Fixture(fixture.Base);
        using AdapterCopy copy = AdapterCopy.Of(fixture);
        copy.Set("num_layers", "16");
        copy.Set("lora_parameters.keys", keys);
        string input = copy.Save();
        using var output = new TemporaryFolder();
        foreach (string? baseFolder in new[] { null, fixture.BaseFolder })
        {
            string folder = output[baseFolder is null ? "without" : "with"];
            RepairResult result = Repairing.Must(input, folder, baseFolder);
            Assert.True(MlxSwiftLoader.Load(folder, mlxBase).LoadsAsIntended);
            (Meaning meaning, ReaderReport report) = Meaning.Loaded(folder, mlxBase);
            Assert.True(report.LoadsAsIntended, report.ToString());
            Assert.Null(Meaning.Of(fixture).DifferenceTo(meaning));
            Assert.Equal(baseFolder is null ? 16 : 2, OracleJson.Read(Path.Combine(folder, "adapter_config.json")).GetProperty("num_layers").GetInt32());
            Assert.Equal(baseFolder is null, result.Findings.Any(finding => finding.Code == TargetCodes.OverWrap));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("[]")]
    [InlineData("[\"self_attn.q_proj\", \"self_attn.v_proj\"]")]
    [InlineData("[\"language_model.model.layers.1.self_attn.q_proj\", 5]")]
    public void A_folder_of_mlx_vlm_keeps_loading_there(string? keys)
    {
        using var vlm = new VlmCase("mlx_llama_qv");
        using AdapterCopy copy = AdapterCopy.Of(vlm.Fixture);
        copy.Set("lora_parameters.keys", keys);
        using var output = new TemporaryFolder();
        Repairing.Must(copy.Save(), output["out"]);
        MlxBase mlxBase = MlxBase.Fixture(vlm.Fixture.Base).WithPrefix(VlmCase.Prefix);
        ReaderReport own = MlxVlmLoader.Load(output["out"], mlxBase);
        Assert.True(own.LoadsAsIntended, own.ToString());
        Assert.True(MlxLmLoader.Load(output["out"], mlxBase).LoadsAsIntended);
    }

    [Fact]
    public void One_key_that_is_a_full_path_tells_how_the_others_were_written()
    {
        SmallAdapter adapter = Layers(2).Set("model", "\"acme/toy\"").Set("num_layers", "2");
        adapter.Config["lora_parameters"]!["keys"] = new System.Text.Json.Nodes.JsonArray("model.layers.1.self_attn.q_proj");
        (_, Converted folder) = Must(adapter);
        Assert.Equal(["model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.q_proj"], folder.Config.GetProperty("lora_parameters").GetStrings("keys")!);
    }

    [Fact]
    public void DoRA_of_mlx_swift_is_not_spread_over_modules_without_tensors()
    {
        SmallAdapter adapter = SmallAdapter.Mlx().Set("fine_tune_type", "\"dora\"");
        foreach (string module in new[] { "model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.q_proj", "model.layers.1.self_attn.v_proj" })
        {
            adapter.MlxPair(module, 8, 8);
            adapter.Random(module + ".m", 8);
        }

        Assert.Equal(["TF5004"], Errors(Repairing.InMemory(adapter.Files()).Result));
    }
}
