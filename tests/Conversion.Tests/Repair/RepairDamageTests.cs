using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Tests.Readers;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Repair;

/// <summary>Damaged MLX folders whose repair the real mlx-lm refused, or ran as another adapter (tests/fixtures/field/damage).</summary>
public class RepairDamageTests
{
    private static readonly string Base = Fixtures.MlxBaseFolder("llama");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Lost_magnitudes_are_asked_for(bool hasBase)
    {
        string source = FieldFolder.Damaged("01-repair-lost-magnitudes", "adapter");
        using var folder = new TemporaryFolder();
        Assert.Equal(["TF3560"], Errors(Repairing.Run(source, folder["out"], hasBase ? Base : null)));
        Run.MustRefuse(source, TargetProfile.Peft, folder["peft"], ["TF3560"], Fixtures.HfBaseFolder("llama"));
        RepairResult told = Repairing.Must(source, folder["out"], hasBase ? Base : null, new ConversionOptions { Allowed = ["TF3560"] });
        Assert.Equal(Severity.Warning, Assert.Single(told.Findings, finding => finding.Code.Id == "TF3560").Severity);
        Assert.Equal("lora", OracleJson.Read(Path.Combine(folder["out"], "adapter_config.json")).GetText("fine_tune_type"));
        Assert.Equal(CheckVerdict.Loads, ReaderRun.Check(folder["out"], "mlx-lm", Base).Verdict);
    }

    [Theory]
    [InlineData("foo_bar", "TF4010")]
    [InlineData("layer_minus_1", "TF4010")]
    [InlineData("outside_layers", "TF4010")]
    [InlineData("language_model_root", "TF5060")]
    public void Modules_that_the_base_does_not_have_are_refused(string inner, string code)
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(code, Errors(Repairing.Run(FieldFolder.Damaged("02-repair-module-not-in-base", inner), folder["out"], Base)));
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Fact]
    public void Renamed_magnitudes_are_nobodys()
    {
        using var folder = new TemporaryFolder();
        string source = FieldFolder.Damaged("07-repair-junk-carried-as-base", "magnitude_renamed");
        Assert.Equal(["TF3560"], Errors(Repairing.Run(source, folder["out"], Base)));
        RepairResult result = Repairing.Run(source, folder["out"], Base, new ConversionOptions { Allowed = ["TF3560"] });
        Assert.Equal(["TF2005"], Errors(result));
        Assert.Equal(21, result.Findings.Count(finding => finding.Code.Id == "TF2005"));
        Assert.DoesNotContain(result.Findings, finding => finding.Code == MlxConfigCodes.BaseWeights);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_layer_without_tensors_between_others_is_named(bool hasBase)
    {
        using var folder = new TemporaryFolder();
        RepairResult result = Repairing.Must(
            FieldFolder.Damaged("10-holes-unsaid", "adapter"), folder["out"], hasBase ? Fixtures.MlxBaseFolder("llama-q4") : null);
        Finding hole = Assert.Single(result.Findings, finding => finding.Code == MlxConfigCodes.LayersMissing);
        Assert.Equal((Severity.Warning, "has tensors in 2 layers from 0 to 2, but none in 1"), (hole.Severity, hole.Message));
    }

    [Fact]
    public void Layers_that_the_config_leaves_out_are_no_holes()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        foreach (string name in copy.Tensors.Keys.Where(name => name.Contains(".layers.1.", StringComparison.Ordinal)).ToArray())
        {
            copy.Tensors.Remove(name);
        }

        using var folder = new TemporaryFolder();
        Assert.Single(Repairing.Must(copy.Save(), folder["out"]).Findings, finding => finding.Code == MlxConfigCodes.LayersMissing);
        copy.Set("layers_to_transform", "[0, 2]");
        Assert.DoesNotContain(Repairing.Must(copy.Save(), folder["subset"]).Findings, finding => finding.Code == MlxConfigCodes.LayersMissing);
    }

    [Fact]
    public void Names_of_a_wrapper_are_refused_without_a_base_and_put_right_knowingly()
    {
        string source = FieldFolder.Damaged("12-no-base-wrapper-prefix", "orig_mod");
        using var folder = new TemporaryFolder();
        Assert.Equal(["TF3563"], Errors(Repairing.Run(source, folder["out"])));
        Assert.Contains("TF3563", Errors(Repairing.Run(source, folder["out"], Base)));
        Repairing.Must(source, folder["out"], Base, new ConversionOptions { Allowed = ["TF3563"] });
        Assert.Equal(CheckVerdict.Loads, ReaderRun.Check(folder["out"], "mlx-lm", Base).Verdict);
    }

    [Theory]
    [InlineData("module.")]
    [InlineData("_orig_mod.module.")]
    [InlineData("base_model.model.")]
    [InlineData("base_model.")]
    public void Every_foreign_root_of_MLX_names_is_named(string root)
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("mlx_llama_qv"));
        OracleTensor[] tensors = [.. copy.Tensors.Values];
        copy.Tensors.Clear();
        foreach (OracleTensor tensor in tensors)
        {
            copy.Tensors[root + tensor.Name] = tensor with { Name = root + tensor.Name };
        }

        using var folder = new TemporaryFolder();
        Assert.Equal(["TF3563"], Errors(Repairing.Run(copy.Save(), folder["out"])));
        Repairing.Must(copy.Folder, folder["out"], null, new ConversionOptions { Allowed = ["TF3563"] });
        Assert.Equal(
            tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal),
            OracleSafetensors.Read(Path.Combine(folder["out"], "adapters.safetensors")).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Factors_that_were_turned_around_are_named()
    {
        string source = FieldFolder.Damaged("12-no-base-wrapper-prefix", "transposed_square_module");
        using var folder = new TemporaryFolder();
        RepairResult result = Repairing.Must(source, folder["out"]);
        Finding turned = Assert.Single(result.Findings, finding => finding.Code == TensorCodes.TurnedFactors);
        Assert.Equal((Severity.Warning, "model.layers.1.self_attn.q_proj"), (turned.Severity, turned.Subject));
        Assert.Contains("rank 64", turned.Message, StringComparison.Ordinal);
        Assert.Equal(["TF4015"], Errors(Repairing.Run(source, folder["other"], Base)));
    }

    private static string[] Errors(RepairResult result) =>
        [.. result.Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => finding.Code.Id).Distinct().Order(StringComparer.Ordinal)];
}
