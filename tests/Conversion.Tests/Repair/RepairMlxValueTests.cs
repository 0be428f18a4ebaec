using System.Text;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Oracle;
using static Transfuse.Conversion.Tests.Repair.SmallMlx;

namespace Transfuse.Conversion.Tests.Repair;

/// <summary>Values, the config's bytes, and the base: what a repair looks at beyond names and shapes.</summary>
public class RepairMlxValueTests
{
    private const string Base = """{"model_type": "llama", "num_hidden_layers": 4, "hidden_size": 8}""";

    [Fact]
    public void A_scale_that_is_infinite_as_float32_is_refused()
    {
        SmallAdapter adapter = Layers(1);
        adapter.Config["lora_parameters"]!["scale"] = 1e39;
        Assert.Equal(["TF2017"], Errors(Repairing.InMemory(adapter.Files()).Result));
        adapter.Config["lora_parameters"]!["scale"] = 1e-60;
        RepairResult zero = Repairing.InMemory(adapter.Files()).Result;
        Assert.Equal(["TF3504"], Errors(zero));
        Assert.Contains(
            zero.Findings, finding => finding.Code == MlxConfigCodes.ScaleDoubtful && finding.Message.Contains("0 as float32", StringComparison.Ordinal));
    }

    [Fact]
    public void Values_that_are_no_numbers_are_refused_and_zeros_are_named()
    {
        SmallAdapter adapter = Layers(1);
        adapter.Put("model.layers.0.self_attn.q_proj.lora_b", DenseArray.Zeros(2, 8));
        Assert.Contains(Must(adapter).Result.Findings, finding => finding.Code == TensorCodes.NoEffect);
        DenseArray broken = adapter.Values(2, 8);
        broken.Values[3] = double.NaN;
        adapter.Put("model.layers.0.self_attn.q_proj.lora_b", broken);
        Assert.Equal(["TF2009"], Errors(Repairing.InMemory(adapter.Files()).Result));
    }

    [Fact]
    public void Fields_that_JSON_has_no_form_for_are_a_change()
    {
        Dictionary<string, ReadOnlyMemory<byte>> files = Layers(1).Files();
        string text = Encoding.UTF8.GetString(files["adapter_config.json"].Span);
        files["adapter_config.json"] = Encoding.UTF8.GetBytes(text[..^1] + ", \"learning_rate\": NaN}");
        (RepairResult result, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> repaired) = Repairing.InMemory(files);
        RepairChange change = result.Changes.Single(change => change.Subject == "learning_rate");
        Assert.Equal(("NaN", "null"), (change.Before, change.After));
        Assert.Contains("\"learning_rate\": null", Encoding.UTF8.GetString(repaired["adapter_config.json"].Span));
    }

    [Fact]
    public void A_byte_order_mark_is_taken_away()
    {
        using TemporaryFolder folder = WithMark("mlx_llama_qv", out byte[] without);
        RepairResult result = Repairing.Must(folder.Path, folder["out"]);
        Assert.Equal("adapter_config.json", Assert.Single(result.Changes).Subject);
        Assert.Equal(without, File.ReadAllBytes(folder["out/adapter_config.json"]));
        Assert.True(Repairing.InPlace(folder.Path).IsWritten);
        Assert.Equal(without, File.ReadAllBytes(folder["adapter_config.json"]));
        Assert.False(Repairing.InPlace(folder.Path).IsWritten);
    }

    [Theory]
    [InlineData("layers", "TF4013")]
    [InlineData("size", "TF4015")]
    public void A_base_that_the_tensors_do_not_fit_is_named(string what, string code)
    {
        SmallAdapter adapter = Layers(what == "layers" ? 5 : 1);
        string hidden = what == "layers" ? Base : Base.Replace("\"hidden_size\": 8", "\"hidden_size\": 16", StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        foreach ((string name, ReadOnlyMemory<byte> bytes) in adapter.Files())
        {
            File.WriteAllBytes(folder[name], bytes.Span);
        }

        Directory.CreateDirectory(folder["base"]);
        File.WriteAllText(folder["base/config.json"], hidden);
        RepairResult result = Repairing.Run(folder.Path, folder["out"], folder["base"]);
        Assert.Equal([code], Errors(result));
    }

    [Theory]
    [InlineData(true, "acme/own")]
    [InlineData(false, "acme/model")]
    public void Two_bases_are_never_one_in_silence(bool isUnsloth, string expected)
    {
        SmallAdapter adapter = Layers(1).Set("model", "\"acme/model\"").Set("base_model_name_or_path", "\"acme/own\"");
        if (isUnsloth)
        {
            adapter.Set("requires_unsloth_mlx_runtime_quantization", "false");
        }

        RepairResult result = Must(adapter).Result;
        Assert.Equal(expected, result.Adapter!.Base!.Id);
        Finding finding = Assert.Single(result.Findings, finding => finding.Code == MlxConfigCodes.BaseIdsDiffer);
        Assert.All(["acme/model", "acme/own"], id => Assert.Contains(id, finding.Message));
    }

    [Fact]
    public void A_parameter_that_is_called_A_is_no_factor()
    {
        SmallAdapter adapter = Layers(1);
        adapter.Random("model.layers.0.mixer.A", 4, 4);
        (RepairResult result, Converted folder) = Must(adapter);
        Assert.Contains("model.layers.0.mixer.A", folder.Tensors.Keys);
        Assert.Contains(result.Findings, finding => finding.Code == MlxConfigCodes.BaseWeights);
    }

    [Fact]
    public void A_number_of_layers_that_no_model_has_is_called_so()
    {
        RepairResult result = Must(Layers(1).Set("num_layers", "1000000000000")).Result;
        Assert.Contains(
            result.Findings,
            finding => finding.Code == MlxConfigCodes.LayersStale && finding.Message.Contains("more than any model has", StringComparison.Ordinal));
    }

    [Fact]
    public void A_dropout_that_was_given_is_said_to_be()
    {
        RepairResult result = Must(Layers(1), options: ConversionOptions.Default with { Dropout = 0.25 }).Result;
        Assert.Equal("as --dropout says", result.Changes.Single(change => change.Subject == "lora_parameters.dropout").Reason);
    }

    private static TemporaryFolder WithMark(string fixture, out byte[] without)
    {
        var folder = new TemporaryFolder();
        foreach (string file in Directory.GetFiles(Fixtures.Case(fixture).AdapterFolder))
        {
            File.Copy(file, folder[Path.GetFileName(file)]);
        }

        without = File.ReadAllBytes(folder["adapter_config.json"]);
        File.WriteAllBytes(folder["adapter_config.json"], [0xEF, 0xBB, 0xBF, .. without]);
        return folder;
    }
}
