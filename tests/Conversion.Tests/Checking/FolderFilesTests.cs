using System.Text;
using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Readers;
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
        CheckResult result = ReaderRun.Check(fixture.AdapterFolder, reader);
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
        Assert.Equal(CheckVerdict.Loads, ReaderRun.Check(fixture.AdapterFolder, reader, fixture.BaseFolder).Verdict);
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
            CheckResult result = ReaderRun.Check(folder, reader);
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
        Assert.Equal(CheckVerdict.Loads, ReaderRun.Check(copy.Folder, "mlx-lm").Verdict);
        Assert.Contains(
            ReaderRun.Check(copy.Folder, "mlx-swift").Findings, finding => finding.Message.Contains("NaN and Infinity are not JSON", StringComparison.Ordinal));
    }

    [Fact]
    public void Broken_files_fail_with_their_own_finding()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("mlx_llama_qv"));
        string folder = copy.Save();
        File.WriteAllBytes(Path.Combine(folder, "adapters.safetensors"), [3, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}']);
        CheckResult weights = ReaderRun.Check(folder, "mlx-lm");
        Assert.Equal(CheckVerdict.Fails, weights.Verdict);
        Assert.Contains(weights.Findings, finding => finding.Code.Id == "TF1101");
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"), "[]");
        Assert.Contains(ReaderRun.Check(folder, "mlx-lm").Findings, finding => finding.Code.Id == "TF1401");
    }

    [Theory]
    [InlineData("mlx-lm", "mlx_llama_qv", "adapters.safetensors")]
    [InlineData("mlx-swift", "mlx_llama_qv", "adapters.safetensors")]
    [InlineData("peft", "llama_all_linear", "adapter_model.safetensors")]
    [InlineData("vllm", "llama_all_linear", "adapter_model.safetensors")]
    public void What_is_beyond_a_limit_is_not_judged(string reader, string name, string weights)
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case(name));
        string file = Path.Combine(copy.Save(), weights);
        byte[] header = Encoding.UTF8.GetBytes("{}" + new string(' ', 12 << 20));
        File.WriteAllBytes(file, [.. BitConverter.GetBytes((long)header.Length), .. header]);
        CheckResult result = ReaderRun.Check(copy.Folder, reader);
        Finding told = Assert.Single(result.Findings, finding => finding.Severity == Severity.Error);
        Assert.Equal((CheckVerdict.NotJudged, "TF1102"), (result.Verdict, told.Code.Id));
        Assert.Equal("the header has 12582914 bytes; at most 12582912 are read from a file of 12582922", told.Message);

        copy.Save();
        string config = Path.Combine(copy.Folder, "adapter_config.json");
        File.WriteAllText(config, File.ReadAllText(config).Insert(1, $"\"field\": [{string.Join(',', Enumerable.Repeat(1, 200_000))}], "));
        result = ReaderRun.Check(copy.Folder, reader);
        Assert.Equal(CheckVerdict.NotJudged, result.Verdict);
        Assert.Contains(
            result.Findings, finding => finding.Code.Id == "TF1102" && finding.Message.Contains("more than 200000 values", StringComparison.Ordinal));

        copy.Save();
        File.WriteAllText(config, File.ReadAllText(config).Insert(1, $"\"deep\": {new string('[', 600)}{new string(']', 600)}, "));
        Assert.Equal(CheckVerdict.NotJudged, ReaderRun.Check(copy.Folder, reader).Verdict);
    }

    [Theory]
    [InlineData("mlx-lm")]
    [InlineData("unsloth")]
    public void Oddities_that_python_reads_are_named_and_load(string reader)
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case(reader == "mlx-lm" ? "mlx_llama_qv" : "unsloth_llama"));
        string config = Path.Combine(copy.Save(), "adapter_config.json");
        string text = File.ReadAllText(config);
        foreach (string odd in new[] { "\"seed\": 1, \"seed\": 2, ", $"\"deep\": {new string('[', 80)}{new string(']', 80)}, " })
        {
            File.WriteAllText(config, text.Insert(1, odd));
            CheckResult result = ReaderRun.Check(copy.Folder, reader);
            Assert.Equal(CheckVerdict.Loads, result.Verdict);
            Assert.Contains(result.Findings, finding => finding.Code.Id == "TF5575" && finding.Subject == "adapter_config.json");
        }

        File.WriteAllText(config, text);
        string weights = Path.Combine(copy.Folder, "adapters.safetensors");
        File.WriteAllBytes(weights, [.. File.ReadAllBytes(weights), 1, 2, 3]);
        CheckResult trailing = ReaderRun.Check(copy.Folder, reader);
        Assert.Equal(CheckVerdict.Loads, trailing.Verdict);
        Assert.Contains(
            trailing.Findings, finding => finding.Code.Id == "TF5575" && finding.Message.Contains("MLX passes over what follows", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("llama_qv", "peft", ".lora_B.weight")]
    [InlineData("mlx_llama_qv", "mlx-lm", ".lora_b")]
    public void Factors_of_zero_are_found_if_asked(string name, string reader, string second)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using AdapterCopy copy = AdapterCopy.Of(fixture);
        foreach (OracleTensor tensor in copy.Tensors.Values.Where(tensor => tensor.Name.EndsWith(second, StringComparison.Ordinal)).ToList())
        {
            copy.Put(tensor.Name, DenseArray.Zeros(tensor.Shape));
        }

        string folder = copy.Save();
        var looks = new CheckOptions { LooksAtValues = true };
        Assert.Equal(CheckVerdict.Loads, ReaderRun.Check(folder, reader, ReaderRun.BaseFor(reader, fixture)).Verdict);
        CheckResult result = ReaderRun.Check(folder, reader, ReaderRun.BaseFor(reader, fixture), looks);
        Assert.Equal(CheckVerdict.LoadsWrongly, result.Verdict);
        Assert.Contains(
            result.Findings, finding => finding.Code.Id == "TF5571" && finding.Message.Contains("every second factor is zero", StringComparison.Ordinal));
        Assert.Equal(CheckVerdict.Loads, ReaderRun.Check(fixture.AdapterFolder, reader, ReaderRun.BaseFor(reader, fixture), looks).Verdict);
    }

    [Fact]
    public void The_last_value_of_a_name_counts()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("mlx_llama_qv"));
        string config = Path.Combine(copy.Save(), "adapter_config.json");
        string text = File.ReadAllText(config);
        File.WriteAllText(config, text[..text.LastIndexOf('}')] + ", \"num_layers\": 1}");
        Assert.Contains(ReaderRun.Check(copy.Folder, "mlx-lm").Findings, finding => finding.Code.Id == "TF5513");
    }

    [Fact]
    public void Dropout_that_is_no_number_is_none()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("mlx_llama_qv"));
        copy.Set("lora_parameters.dropout", "0.25");
        string config = Path.Combine(copy.Save(), "adapter_config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("0.25", "NaN", StringComparison.Ordinal));
        Assert.Equal(CheckVerdict.Loads, ReaderRun.Check(copy.Folder, "mlx-lm").Verdict);
    }

    [Fact]
    public void The_rank_limit_is_the_callers()
    {
        FixtureCase fixture = Fixtures.Case("llama_qv");
        CheckVerdict With(string reader, int? limit) =>
            ReaderRun.Check(fixture.AdapterFolder, reader, fixture.BaseFolder, new CheckOptions { MaxLoraRank = limit }).Verdict;
        Assert.Equal(
            [CheckVerdict.Loads, CheckVerdict.Fails, CheckVerdict.Loads, CheckVerdict.Fails],
            [With("vllm", null), With("vllm", 4), With("sglang", null), With("sglang", 4)]);
    }

    [Fact]
    public void Tokens_that_are_new_to_the_base_stop_sglang()
    {
        FixtureCase fixture = Fixtures.Case("llama_qv");
        using AdapterCopy copy = AdapterCopy.Of(fixture);
        string folder = copy.Save();
        File.WriteAllText(Path.Combine(folder, "added_tokens.json"), """{"<pad>": 5}""");
        Assert.Equal(CheckVerdict.Loads, ReaderRun.Check(folder, "sglang", fixture.BaseFolder).Verdict);
        Assert.Contains(ReaderRun.Check(folder, "sglang").Findings, finding => finding.Code.Id == "TF5551" && finding.Subject == "added_tokens.json");
        File.WriteAllText(Path.Combine(folder, "added_tokens.json"), """{"<new>": 112}""");
        Assert.Equal(CheckVerdict.Fails, ReaderRun.Check(folder, "sglang", fixture.BaseFolder).Verdict);
    }

    [Fact]
    public void A_nested_adapter_is_read_where_it_is_named()
    {
        FixtureCase fixture = Fixtures.Case("llama_named_adapter");
        string folder = Path.Combine(fixture.Folder, "peft");
        string name = Path.GetFileName(fixture.AdapterFolder);
        Assert.Contains(ReaderRun.Check(folder, "peft", fixture.BaseFolder).Findings, finding => finding.Code.Id == "TF1006");
        CheckResult named = ReaderRun.Check(folder, "peft", fixture.BaseFolder, new CheckOptions { AdapterName = name });
        Assert.Equal(CheckVerdict.Loads, named.Verdict);
        Assert.Contains(ReaderRun.Check(folder, "peft", null, new CheckOptions { AdapterName = "other" }).Findings, finding => finding.Code.Id == "TF1005");
    }

    [Fact]
    public void Files_in_memory_are_read_too()
    {
        FixtureCase fixture = Fixtures.Case("mlx_llama_qv");
        Dictionary<string, ReadOnlyMemory<byte>> files = Directory.EnumerateFiles(fixture.AdapterFolder)
            .ToDictionary(path => Path.GetFileName(path), path => (ReadOnlyMemory<byte>)File.ReadAllBytes(path), StringComparer.Ordinal);
        using IAdapterSource source = AdapterSource.FromMemory("memory", files);
        Assert.Equal(
            CheckVerdict.Loads, AdapterChecker.Check(source, TargetProfile.MlxLm, CheckOptions.Default, TestContext.Current.CancellationToken).Verdict);
        files["adapter_config.json"] = Encoding.UTF8.GetBytes("{}");
        using IAdapterSource bare = AdapterSource.FromMemory("memory", files);
        Assert.Equal(CheckVerdict.Fails, AdapterChecker.Check(bare, TargetProfile.MlxLm, CheckOptions.Default, TestContext.Current.CancellationToken).Verdict);
    }

    [Fact]
    public void One_reader_at_a_time()
    {
        using IAdapterSource source = AdapterSource.Open(Fixtures.Case("mlx_llama_qv").AdapterFolder);
        Assert.Throws<ArgumentException>(
            () =>
                AdapterChecker.Check(
                    source, TargetProfile.MlxLm.Intersect(TargetProfile.MlxSwift), CheckOptions.Default, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_base_of_an_unknown_type_or_with_broken_weights_is_a_warning()
    {
        FixtureCase fixture = Fixtures.Case("mlx_llama_qv");
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.json"], """{"model_type": "of tomorrow", "num_hidden_layers": 3}""");
        CheckResult unknown = ReaderRun.Check(fixture.AdapterFolder, "mlx-lm", folder.Path);
        Assert.Equal(CheckVerdict.Loads, unknown.Verdict);
        Assert.Contains(unknown.Findings, finding => finding.Code.Id == "TF5551" && finding.Subject == "of tomorrow");
        File.WriteAllText(folder["config.json"], """{"model_type": "of tomorrow", "num_hidden_layers": 9}""");
        Assert.Equal(CheckVerdict.Fails, ReaderRun.Check(fixture.AdapterFolder, "mlx-lm", folder.Path).Verdict);

        File.Copy(Path.Combine(Fixtures.HfBaseFolder("llama"), "config.json"), folder["config.json"], overwrite: true);
        File.WriteAllBytes(folder["model.safetensors"], [1, 2, 3]);
        CheckResult broken = ReaderRun.Check(fixture.AdapterFolder, "mlx-lm", folder.Path);
        Assert.Equal(CheckVerdict.Loads, broken.Verdict);
        Assert.Contains(
            broken.Findings, finding => finding.Code.Id == "TF5551" && finding.Message.Contains("its weights were not used", StringComparison.Ordinal));
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
        CheckResult check = ReaderRun.Check(copy.Folder, reader, ReaderRun.BaseFor(reader, fixture));
        Assert.Equal(
            isRefused,
            check.Findings.Any(
                finding => finding.Code == CheckCodes.ConfigUnreadable && finding.Message.Contains("Unexpected UTF-8 BOM", StringComparison.Ordinal)));
        Assert.Equal(isRefused ? CheckVerdict.Fails : CheckVerdict.Loads, check.Verdict);
    }
}
