using System.Text;
using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Sources;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Checking;

/// <summary>Which files each reader opens, what it takes of them, and what the caller may tell.</summary>
public class FolderFilesTests
{
    [Theory]
    [InlineData("mlx-lm", "legacy_checkpoints_only", "TF5502", "0000200_adapters.safetensors")]
    [InlineData("mlx-lm", "legacy_npz", "TF5501", "FileNotFoundError")]
    [InlineData("mlx-swift", "llama_bin_legacy", "TF5502", "adapter_model.bin")]
    [InlineData("unsloth", "legacy_npz", "TF5501", "no adapter without adapter_config.json")]
    public void A_file_that_the_reader_does_not_open_does_not_count(string reader, string name, string code, string message)
    {
        FixtureCase fixture = Fixtures.Case(name);
        CheckResult result = Readers.Check(fixture.AdapterFolder, reader);
        Assert.Equal(CheckVerdict.Fails, result.Verdict);
        Assert.Contains(result.Findings, finding => finding.Code.Id == code && finding.Message.Contains(message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("peft")]
    [InlineData("vllm")]
    [InlineData("sglang")]
    public void A_bin_file_counts_for_readers_of_torch_files(string reader)
    {
        FixtureCase fixture = Fixtures.Case("llama_bin_legacy");
        Assert.Equal(CheckVerdict.Loads, Readers.Check(fixture.AdapterFolder, reader, fixture.BaseFolder).Verdict);
    }

    [Theory]
    [InlineData("F64", CheckVerdict.Fails, "TF5510")]
    [InlineData("F8_E5M2", CheckVerdict.Fails, "TF5510")]
    [InlineData("F8_E4M3", CheckVerdict.LoadsWrongly, "TF5538")]
    public void Mlx_reads_few_dtypes(string dtype, CheckVerdict verdict, string code)
    {
        const string name = "model.layers.1.self_attn.q_proj.lora_a";
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("mlx_llama_qv"));
        copy.Tensors[name] = new OracleTensor(name, dtype, [64, 8], new double[512], new byte[dtype == "F64" ? 4096 : 512]);
        string folder = copy.Save();
        foreach (string reader in new[] { "mlx-lm", "mlx-swift" })
        {
            CheckResult result = Readers.Check(folder, reader);
            Assert.Equal(verdict, result.Verdict);
            Assert.Contains(result.Findings, finding => finding.Code.Id == code && finding.Subject == name);
        }
    }

    [Fact]
    public void A_config_that_only_python_reads_stops_swift()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("mlx_llama_qv"));
        string config = Path.Combine(copy.Save(), "adapter_config.json");
        File.WriteAllText(config, File.ReadAllText(config).Insert(1, "\"best_loss\": NaN, "));
        Assert.Equal(CheckVerdict.Loads, Readers.Check(copy.Folder, "mlx-lm").Verdict);
        Assert.Contains(Readers.Check(copy.Folder, "mlx-swift").Findings, finding => finding.Message.Contains("NaN and Infinity are not JSON", StringComparison.Ordinal));
    }

    [Fact]
    public void Broken_files_fail_with_their_own_finding()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("mlx_llama_qv"));
        string folder = copy.Save();
        File.WriteAllBytes(Path.Combine(folder, "adapters.safetensors"), [2, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}', 1]);
        CheckResult weights = Readers.Check(folder, "mlx-lm");
        Assert.Equal(CheckVerdict.Fails, weights.Verdict);
        Assert.Contains(weights.Findings, finding => finding.Code.Id == "TF1101");
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"), "[]");
        Assert.Contains(Readers.Check(folder, "mlx-lm").Findings, finding => finding.Code.Id == "TF1401");
    }

    [Fact]
    public void The_rank_limit_is_the_callers()
    {
        FixtureCase fixture = Fixtures.Case("llama_qv");
        CheckVerdict With(string reader, int? limit) => Readers.Check(fixture.AdapterFolder, reader, fixture.BaseFolder, new CheckOptions { MaxLoraRank = limit }).Verdict;
        Assert.Equal([CheckVerdict.Loads, CheckVerdict.Fails, CheckVerdict.Loads, CheckVerdict.Fails], [With("vllm", null), With("vllm", 4), With("sglang", null), With("sglang", 4)]);
    }

    [Fact]
    public void Tokens_that_are_new_to_the_base_stop_sglang()
    {
        FixtureCase fixture = Fixtures.Case("llama_qv");
        using AdapterCopy copy = AdapterCopy.Of(fixture);
        string folder = copy.Save();
        File.WriteAllText(Path.Combine(folder, "added_tokens.json"), """{"<pad>": 5}""");
        Assert.Equal(CheckVerdict.Loads, Readers.Check(folder, "sglang", fixture.BaseFolder).Verdict);
        Assert.Contains(Readers.Check(folder, "sglang").Findings, finding => finding.Code.Id == "TF5551" && finding.Subject == "added_tokens.json");
        File.WriteAllText(Path.Combine(folder, "added_tokens.json"), """{"<new>": 112}""");
        Assert.Equal(CheckVerdict.Fails, Readers.Check(folder, "sglang", fixture.BaseFolder).Verdict);
    }

    [Fact]
    public void A_nested_adapter_is_read_where_it_is_named()
    {
        FixtureCase fixture = Fixtures.Case("llama_named_adapter");
        string folder = Path.Combine(fixture.Folder, "peft");
        string name = Path.GetFileName(fixture.AdapterFolder);
        Assert.Contains(Readers.Check(folder, "peft", fixture.BaseFolder).Findings, finding => finding.Code.Id == "TF1006");
        CheckResult named = Readers.Check(folder, "peft", fixture.BaseFolder, new CheckOptions { AdapterName = name });
        Assert.Equal(CheckVerdict.Loads, named.Verdict);
        Assert.Contains(Readers.Check(folder, "peft", null, new CheckOptions { AdapterName = "other" }).Findings, finding => finding.Code.Id == "TF1005");
    }

    [Fact]
    public void Files_in_memory_are_read_too()
    {
        FixtureCase fixture = Fixtures.Case("mlx_llama_qv");
        Dictionary<string, ReadOnlyMemory<byte>> files = Directory.EnumerateFiles(fixture.AdapterFolder)
            .ToDictionary(path => Path.GetFileName(path), path => (ReadOnlyMemory<byte>)File.ReadAllBytes(path), StringComparer.Ordinal);
        using IAdapterSource source = AdapterSource.FromMemory("memory", files);
        Assert.Equal(CheckVerdict.Loads, AdapterChecker.Check(source, TargetProfile.MlxLm, CheckOptions.Default, TestContext.Current.CancellationToken).Verdict);
        files["adapter_config.json"] = Encoding.UTF8.GetBytes("{}");
        using IAdapterSource bare = AdapterSource.FromMemory("memory", files);
        Assert.Equal(CheckVerdict.Fails, AdapterChecker.Check(bare, TargetProfile.MlxLm, CheckOptions.Default, TestContext.Current.CancellationToken).Verdict);
    }

    [Fact]
    public void One_reader_at_a_time()
    {
        using IAdapterSource source = AdapterSource.Open(Fixtures.Case("mlx_llama_qv").AdapterFolder);
        Assert.Throws<ArgumentException>(() => AdapterChecker.Check(source, TargetProfile.MlxLm.Intersect(TargetProfile.MlxSwift), CheckOptions.Default, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_base_of_an_unknown_type_or_with_broken_weights_is_a_warning()
    {
        FixtureCase fixture = Fixtures.Case("mlx_llama_qv");
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.json"], """{"model_type": "of tomorrow", "num_hidden_layers": 3}""");
        CheckResult unknown = Readers.Check(fixture.AdapterFolder, "mlx-lm", folder.Path);
        Assert.Equal(CheckVerdict.Loads, unknown.Verdict);
        Assert.Contains(unknown.Findings, finding => finding.Code.Id == "TF5551" && finding.Subject == "of tomorrow");
        File.WriteAllText(folder["config.json"], """{"model_type": "of tomorrow", "num_hidden_layers": 9}""");
        Assert.Equal(CheckVerdict.Fails, Readers.Check(fixture.AdapterFolder, "mlx-lm", folder.Path).Verdict);

        File.Copy(Path.Combine(Fixtures.HfBaseFolder("llama"), "config.json"), folder["config.json"], overwrite: true);
        File.WriteAllBytes(folder["model.safetensors"], [1, 2, 3]);
        CheckResult broken = Readers.Check(fixture.AdapterFolder, "mlx-lm", folder.Path);
        Assert.Equal(CheckVerdict.Loads, broken.Verdict);
        Assert.Contains(broken.Findings, finding => finding.Code.Id == "TF5551" && finding.Message.Contains("its weights were not used", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("mlx_llama_qv", "mlx-lm", true)]
    [InlineData("swift_llama", "mlx-swift", false)]
    [InlineData("unsloth_llama", "unsloth", true)]
    [InlineData("unsloth_llama", "mlx-vlm", true)]
    [InlineData("llama_qv", "peft", true)]
    [InlineData("llama_qv", "vllm", true)]
    [InlineData("llama_qv", "sglang", true)]
    public void A_byte_order_mark_stops_what_Python_reads(string name, string reader, bool isRefused)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using AdapterCopy copy = AdapterCopy.Of(fixture);
        string config = Path.Combine(copy.Save(), "adapter_config.json");
        File.WriteAllBytes(config, [0xEF, 0xBB, 0xBF, .. File.ReadAllBytes(config)]);
        CheckResult check = Readers.Check(copy.Folder, reader, Readers.BaseFor(reader, fixture));
        Assert.Equal(isRefused, check.Findings.Any(finding => finding.Code == CheckCodes.ConfigUnreadable && finding.Message.Contains("Unexpected UTF-8 BOM", StringComparison.Ordinal)));
        Assert.Equal(isRefused ? CheckVerdict.Fails : CheckVerdict.Loads, check.Verdict);
    }
}
