using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Tests.Readers;
using Transfuse.Conversion.Tests.Repair;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Formats.Fuzz.Writers;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Stages.Read;

/// <summary>Checkpoints whose tensors lie below a key, as DeepSpeed (<c>module</c>), Lightning (<c>state_dict</c>) and hand-written trainers save them.</summary>
public class NestedCheckpointTests
{
    private static readonly FixtureCase Llama = Fixtures.Case("llama_qv");

    [Theory]
    [InlineData("module", "adapter_model.bin")]
    [InlineData("state_dict", "adapter_model.bin")]
    [InlineData("model_state_dict", "adapter_model.pt")]
    public void Convert_and_repair_take_the_tensors_and_say_from_where(string key, string fileName)
    {
        using var folder = new TemporaryFolder();
        string nested = Nest(folder["in"], key, fileName);
        ConversionResult converted = Run.MustConvert(nested, TargetProfile.MlxLm, folder["mlx"], Llama.BaseFolder);
        Finding told = Assert.Single(converted.Findings, finding => finding.Code == ContainerCodes.NestedTensors);
        Assert.Equal((Severity.Warning, $"the 12 tensors were read from its entry {key}"), (told.Severity, told.Message));
        Run.MustConvert(Llama.AdapterFolder, TargetProfile.MlxLm, folder["plain"], Llama.BaseFolder);
        AssertSame(Path.Combine(folder["plain"], "adapters.safetensors"), Path.Combine(folder["mlx"], "adapters.safetensors"));

        RepairResult repaired = Repairing.Must(nested, folder["out"], Llama.BaseFolder);
        Assert.Contains(repaired.Changes, change => change is { Subject: "weights file", After: "adapter_model.safetensors" });
        Assert.False(File.Exists(Path.Combine(folder["out"], fileName)));
        AssertSame(Path.Combine(Llama.AdapterFolder, "adapter_model.safetensors"), Path.Combine(folder["out"], "adapter_model.safetensors"));
        Assert.Equal(CheckVerdict.Loads, ReaderRun.Check(folder["out"], "peft", Llama.BaseFolder).Verdict);
    }

    [Theory]
    [InlineData("peft")]
    [InlineData("vllm")]
    [InlineData("sglang")]
    public void No_reader_finds_them(string reader)
    {
        using var folder = new TemporaryFolder();
        CheckResult result = ReaderRun.Check(Nest(folder["in"], "module", "adapter_model.bin"), reader, Llama.BaseFolder);
        Assert.NotEqual(CheckVerdict.Loads, result.Verdict);
        Finding ignored = Assert.Single(result.Findings, finding => finding.Code == CheckCodes.TensorIgnored);
        Assert.Contains("its 12 tensors lie in a dictionary below module", ignored.Message, StringComparison.Ordinal);
    }

    private static string Nest(string folder, string key, string fileName)
    {
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(Llama.AdapterFolder, "adapter_config.json"), Path.Combine(folder, "adapter_config.json"));
        PickleWriter writer = new PickleWriter().EmptyDict().Text("epoch").Number(3).Op('s').Text(key).EmptyDict();
        List<(string Key, byte[] Bytes)> storages = [];
        foreach (OracleTensor tensor in OracleSafetensors.Read(Path.Combine(Llama.AdapterFolder, "adapter_model.safetensors")).Values)
        {
            string storage = $"{storages.Count}";
            long[] shape = [.. tensor.Shape];
            writer.Text(tensor.Name).Tensor("torch.FloatStorage", storage, shape[0] * shape[1], 0, shape, [shape[1], 1]).Op('s');
            storages.Add((storage, tensor.Bytes));
        }

        File.WriteAllBytes(Path.Combine(folder, fileName), TorchWriter.Zip(writer.Op('s').Stop(), storages));
        return folder;
    }

    private static void AssertSame(string expected, string actual)
    {
        IReadOnlyDictionary<string, OracleTensor> before = OracleSafetensors.Read(expected), after = OracleSafetensors.Read(actual);
        Assert.Equal(before.Keys.Order(StringComparer.Ordinal), after.Keys.Order(StringComparer.Ordinal));
        Assert.All(before, tensor => Assert.Equal(tensor.Value.Bytes, after[tensor.Key].Bytes));
    }
}
