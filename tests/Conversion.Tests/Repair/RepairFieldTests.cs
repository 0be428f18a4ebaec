using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Tests.Readers;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Repair;

/// <summary>What repair makes of folders as people have them: mended, or refused by name.</summary>
public class RepairFieldTests
{
    private const string Prefix = "base_model.model.";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_part_of_the_model_before_the_prefix_goes_behind_it(bool hasBase)
    {
        using var folder = new TemporaryFolder();
        RepairResult result = Repairing.Must(FieldFolder.In("prefixed_root"), folder["out"], hasBase ? FieldFolder.Base("prefixed_root") : null);
        Assert.Equal("TF2061", Assert.Single(result.Findings, finding => finding.Severity == Severity.Warning).Code.Id);
        string[] names = [.. Weights(folder["out"]).Keys];
        Assert.Equal(12, names.Length);
        Assert.All(names, name => Assert.StartsWith("base_model.model.thinker.model.layers.", name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("actor", false, null)]
    [InlineData("actor", true, "model.layers.0.self_attn.q_proj")]
    [InlineData("language_model", true, "model.layers.0.self_attn.q_proj")]
    [InlineData("base_model.model.actor", false, null)]
    [InlineData("module.language_model", false, "language_model.model.layers.0.self_attn.q_proj")]
    public void What_stands_before_the_prefix_is_placed_by_the_base_or_refused(string part, bool hasBase, string? expected)
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        Rename(copy, name => $"{part}.{name}");
        using var folder = new TemporaryFolder();
        RepairResult result = Repairing.Run(copy.Save(), folder["out"], hasBase ? Fixtures.HfBaseFolder("llama") : null);
        Assert.Equal(expected is null ? ["TF2060"] : [], Errors(result));
        Assert.All(expected is null ? [] : Weights(folder["out"]).Keys, name => Assert.Equal(1, Count(name, Prefix)));
        Assert.True(expected is null || Weights(folder["out"]).ContainsKey($"{Prefix}{expected}.lora_A.weight"));
    }

    [Fact]
    public void Names_from_which_the_adapters_own_name_was_cut_are_made_whole()
    {
        using var folder = new TemporaryFolder();
        RepairResult result = Repairing.Must(FieldFolder.In("mangled_names"), folder["out"], FieldFolder.Base("mangled_names"));
        Assert.Equal(6, result.Adapter!.Modules.Length);
        Assert.Equal("TF2013", Assert.Single(result.Findings).Code.Id);
        Assert.Equal(CheckVerdict.Loads, ReaderRun.Check(folder["out"], "peft", FieldFolder.Base("mangled_names")).Verdict);
        Run.MustConvert(FieldFolder.In("mangled_names"), TargetProfile.MlxLm, folder["mlx"], FieldFolder.Base("mangled_names"));
        Assert.Equal(12, OracleSafetensors.Read(Path.Combine(folder["mlx"], "adapters.safetensors")).Count);
    }

    [Fact]
    public void A_file_without_one_factor_is_no_adapter()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        Rename(copy, name => name.Replace("lora_A", "first", StringComparison.Ordinal).Replace("lora_B", "second", StringComparison.Ordinal));
        using var folder = new TemporaryFolder();
        Repairing.MustRefuse(copy.Save(), folder["out"], ["TF2011"]);
        Run.MustRefuse(copy.Folder, TargetProfile.MlxLm, folder["mlx"], ["TF2011"]);
    }

    [Theory]
    [InlineData("original_module", 13, "TF2064")]
    [InlineData("bnb_state", 12, "TF2064")]
    public void The_bases_own_storage_is_left_out(string name, int tensors, string code)
    {
        using var folder = new TemporaryFolder();
        RepairResult result = Repairing.Must(FieldFolder.In(name), folder["out"], FieldFolder.Base(name));
        Assert.Contains(result.Findings, finding => finding.Code.Id == code);
        Assert.Equal(tensors, Weights(folder["out"]).Count);
        Assert.DoesNotContain(result.Changes, change => change.Subject == "modules_to_save");
        Assert.Equal(CheckVerdict.Loads, ReaderRun.Check(folder["out"], "peft", FieldFolder.Base(name)).Verdict);
    }

    [Fact]
    public void Eight_bit_storage_beside_its_scale_is_left_out()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        string weight = $"{Prefix}model.layers.0.self_attn.q_proj.base_layer.weight";
        copy.Tensors[weight] = new OracleTensor(weight, "I8", [64, 64], [], new byte[4096]);
        foreach (string beside in new[] { "SCB", "weight_format" })
        {
            string name = weight.Replace("weight", beside, StringComparison.Ordinal);
            copy.Put(name, DenseArray.Zeros(64));
        }

        using var folder = new TemporaryFolder();
        RepairResult result = Repairing.Must(copy.Save(), folder["out"]);
        Assert.Contains("(and 2 more", Assert.Single(result.Findings, finding => finding.Code == TensorCodes.BaseStorage).Message, StringComparison.Ordinal);
        Assert.Equal(12, Weights(folder["out"]).Count);
    }

    [Fact]
    public void Whole_weights_that_equal_the_bases_are_left_out_and_named_once()
    {
        using var folder = new TemporaryFolder();
        string model = FieldFolder.Base("full_state");
        RepairResult repaired = Repairing.Must(FieldFolder.In("full_state"), folder["out"], model);
        Assert.Single(repaired.Findings, finding => finding.Code == TensorCodes.WholeModuleEqual);
        Assert.DoesNotContain(repaired.Changes, change => change.Subject == "modules_to_save");
        ConversionResult converted = Run.MustConvert(FieldFolder.In("full_state"), TargetProfile.MlxLm, folder["mlx"], model);
        Assert.Equal(["TF2305", "TF2360"], converted.Findings.Select(finding => finding.Code.Id).Order());

        // One that differs is refused by name.
        using var changed = new TemporaryFolder();
        Dictionary<string, OracleTensor> tensors = Weights(FieldFolder.In("full_state")).ToDictionary(StringComparer.Ordinal);
        string gate = $"{Prefix}model.layers.1.mlp.gate_proj.weight";
        byte[] bytes = [.. tensors[gate].Bytes];
        bytes[10] ^= 1;
        tensors[gate] = tensors[gate] with { Bytes = bytes };
        OracleSafetensors.Write(changed["adapter_model.safetensors"], tensors.Values);
        File.Copy(Path.Combine(FieldFolder.In("full_state"), "adapter_config.json"), changed["adapter_config.json"]);
        ConversionResult refused = Run.MustRefuse(changed.Path, TargetProfile.MlxLm, folder["other"], ["TF2301"], model);
        Assert.Equal(gate, Assert.Single(refused.Findings, finding => finding.Severity == Severity.Error).Subject);
    }

    [Fact]
    public void Eight_bit_factors_become_bfloat16()
    {
        using var folder = new TemporaryFolder();
        RepairResult result = Repairing.Must(FieldFolder.In("fp8_factors"), folder["out"], FieldFolder.Base("fp8_factors"));
        Assert.Contains(result.Findings, finding => finding.Code == TensorCodes.Widened);
        Assert.Contains(result.Changes, change => change is { Before: "F8_E4M3", After: "BF16" });
        Assert.All(Weights(folder["out"]).Values, tensor => Assert.Equal("BF16", tensor.DType));
        Run.MustConvert(FieldFolder.In("fp8_factors"), TargetProfile.MlxLm, folder["mlx"], FieldFolder.Base("fp8_factors"));
    }

    [Fact]
    public void Tensors_that_no_setting_makes_are_refused_and_left_out_knowingly()
    {
        using var folder = new TemporaryFolder();
        RepairResult refused = Repairing.Run(FieldFolder.In("grouped_experts"), folder["out"], FieldFolder.Base("grouped_experts"));
        Assert.Equal(["TF2005"], Errors(refused));
        Assert.Equal(12, refused.Findings.Count(finding => finding.Code.Id == "TF2005"));
        Repairing.Must(FieldFolder.In("grouped_experts"), folder["out"], FieldFolder.Base("grouped_experts"), new ConversionOptions { Allowed = ["TF2005"] });
        Assert.Equal(12, Weights(folder["out"]).Count);
    }

    [Fact]
    public void Weights_of_the_base_in_an_MLX_file_are_left_out_knowingly()
    {
        string model = FieldFolder.Base("mlx_base_tensors");
        using var folder = new TemporaryFolder();
        Assert.Equal(["TF2301"], Errors(Repairing.Run(FieldFolder.In("mlx_base_tensors"), folder["out"], model)));
        Repairing.Must(FieldFolder.In("mlx_base_tensors"), folder["out"], model, new ConversionOptions { Allowed = ["TF2301"] });
        Assert.Equal(CheckVerdict.Loads, ReaderRun.Check(folder["out"], "mlx-lm", model).Verdict);
    }

    [Theory]
    [InlineData("llava", "non_lora_trainables.bin", "LLaVA")]
    [InlineData("newemb", "new_embeddings.safetensors", "added tokens")]
    [InlineData("reward", "value_head.safetensors", "value head")]
    public void Weights_beside_the_adapter_are_named(string inner, string file, string what)
    {
        using var folder = new TemporaryFolder();
        ConversionResult converted = Run.MustConvert(
            FieldFolder.In("sidecar_weights", inner), TargetProfile.MlxLm, folder["mlx"], FieldFolder.Base("sidecar_weights"));
        Finding lost = Assert.Single(converted.Findings, finding => finding.Code == ContainerCodes.SideWeights);
        Assert.Equal((Severity.Warning, file), (lost.Severity, lost.Subject));
        Assert.Contains(what, lost.Message, StringComparison.Ordinal);
        Assert.Contains("the output does not hold it", lost.Message, StringComparison.Ordinal);

        RepairResult repaired = Repairing.Must(FieldFolder.In("sidecar_weights", inner), folder["out"]);
        Assert.Equal(Severity.Information, Assert.Single(repaired.Findings, finding => finding.Code == ContainerCodes.SideWeights).Severity);
        Assert.True(File.Exists(Path.Combine(folder["out"], file)));
    }

    [Fact]
    public void A_pt_file_is_read_as_a_bin_file_is()
    {
        using var folder = new TemporaryFolder();
        RepairResult repaired = Repairing.Must(FieldFolder.In("pt_and_states", "a"), folder["out"], FieldFolder.Base("pt_and_states"));
        Assert.Equal(
            ("adapter_model.pt", "adapter_model.safetensors"),
            Assert.Single(repaired.Changes, change => change.Subject == "weights file") is var change ? (change.Before, change.After) : default);
        Assert.Equal(12, Weights(folder["out"]).Count);
        Run.MustConvert(FieldFolder.In("pt_and_states", "a"), TargetProfile.MlxLm, folder["mlx"], FieldFolder.Base("pt_and_states"));
        Assert.Equal(12, OracleSafetensors.Read(Path.Combine(folder["mlx"], "adapters.safetensors")).Count);
    }

    [Theory]
    [InlineData("pissa_init", true)]
    [InlineData("pissa_backup", true)]
    [InlineData("pissa_converted", false)]
    public void A_sub_folder_is_judged_by_the_folder_around_it(string inner, bool isResidual)
    {
        using var folder = new TemporaryFolder();
        ConversionResult direct = Run.MustConvert(
            FieldFolder.In("pissa_subfolders", inner), TargetProfile.MlxLm, folder["mlx"], FieldFolder.Base("pissa_subfolders"));
        Assert.Equal(isResidual, direct.Findings.Any(finding => finding.Code == ConfigCodes.ResidualCopy));
        ConversionResult chosen = Run.MustConvert(
            FieldFolder.In("pissa_subfolders"), TargetProfile.MlxLm, folder["chosen"], FieldFolder.Base("pissa_subfolders"),
            new ConversionOptions { AdapterName = inner });
        Assert.Equal(isResidual, chosen.Findings.Any(finding => finding.Code == ConfigCodes.ResidualCopy));
    }

    [Theory]
    [InlineData("split_in_proj", "model.language_model.layers.0.linear_attn.in_proj_q")]
    [InlineData("other_expert_names", "model.layers.0.mlp.experts.0.gate_proj")]
    public void Modules_that_the_base_does_not_have_are_named(string name, string module)
    {
        using var folder = new TemporaryFolder();
        RepairResult result = Repairing.Must(FieldFolder.In(name), folder["out"], FieldFolder.Base(name));
        Finding told = Assert.Single(result.Findings, finding => finding.Code == TargetCodes.ReaderMisreads && finding.Subject == module);
        Assert.Contains($"; written is base_model.model.{module}.lora_A.weight F32 (", told.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("junk", "TF2005")]
    [InlineData("magnitude", "TF2005")]
    [InlineData("weight", null)]
    public void A_tensor_of_an_adapted_module_makes_it_no_module_to_save(string leaf, string? refused)
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        string name = $"{Prefix}model.layers.0.self_attn.q_proj.{leaf}";
        copy.Put(name, DenseArray.Zeros(64, 64));
        using var folder = new TemporaryFolder();
        RepairResult result = Repairing.Run(copy.Save(), folder["out"], Fixtures.HfBaseFolder("llama"));
        Assert.Equal(refused is null ? [] : [refused], Errors(result));
        Assert.DoesNotContain(result.Changes, change => change.Subject == "modules_to_save");
        if (refused is null)
        {
            // PEFT calls the weight of an adapted module base_layer.weight, and ignores this one.
            Assert.Equal(name, Assert.Single(result.Findings, finding => finding.Code == TargetCodes.ReaderMisreads).Subject);
            return;
        }

        Assert.Equal(name, Assert.Single(result.Findings, finding => finding.Severity == Severity.Error).Subject);
        Repairing.Must(copy.Folder, folder["out"], null, new ConversionOptions { Allowed = [refused] });
        Assert.Equal(12, Weights(folder["out"]).Count);
    }

    [Fact]
    public void Folders_without_tensors_are_refused()
    {
        using var folder = new TemporaryFolder();
        Repairing.MustRefuse(FieldFolder.In("no_tensors", "a"), folder["out"], ["TF2011"]);
        Repairing.MustRefuse(FieldFolder.In("no_tensors", "b"), folder["out"], ["TF1101"]);
    }

    private static void Rename(AdapterCopy copy, Func<string, string> rename)
    {
        OracleTensor[] tensors = [.. copy.Tensors.Values];
        copy.Tensors.Clear();
        foreach (OracleTensor tensor in tensors)
        {
            copy.Tensors[rename(tensor.Name)] = tensor with { Name = rename(tensor.Name) };
        }
    }

    private static IReadOnlyDictionary<string, OracleTensor> Weights(string folder) =>
        OracleSafetensors.Read(Path.Combine(folder, "adapter_model.safetensors"));

    private static string[] Errors(RepairResult result) =>
        [.. result.Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => finding.Code.Id).Distinct().Order(StringComparer.Ordinal)];

    private static int Count(string text, string part) => (text.Length - text.Replace(part, string.Empty, StringComparison.Ordinal).Length) / part.Length;
}
