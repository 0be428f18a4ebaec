using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests;

/// <summary>docs/limits.md: 256 MiB and 5 s for any folder whose files are under 100 MB.</summary>
public sealed class LimitsTests : IDisposable
{
    private const string Fields = "\"peft_type\":\"LORA\",\"r\":8,\"lora_alpha\":16,\"peft_version\":\"0.21.0\"";
    private const string Llama =
        "\"model_type\":\"llama\",\"num_hidden_layers\":2,\"hidden_size\":64,\"num_attention_heads\":4,"
        + "\"num_key_value_heads\":4,\"intermediate_size\":128,\"vocab_size\":128,\"tie_word_embeddings\":false";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1000)]
    [InlineData(5000)]
    public void Ranks_by_names_for_thousands_of_modules(int count)
    {
        string ranks = string.Join(',', Enumerable.Range(0, count).Select(index => $"\"model.layers.{index}.self_attn.q_proj\":{4 + (index % 3)}"));
        Everything(
            Adapter(
                $"\"target_modules\":[\"q_proj\"],\"rank_pattern\":{{{ranks}}}",
                Enumerable.Range(0, count).Select(index => ($"model.layers.{index}.self_attn.q_proj", 4 + (index % 3)))),
            Base(Llama));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(5000)]
    public void Ranks_by_patterns_that_are_no_names(int count)
    {
        string ranks = string.Join(',', Enumerable.Range(0, count).Select(index => $"\"layers\\\\.({index}|x{index})\\\\.self_attn\\\\.q_proj\":8"));
        Everything(Adapter($"\"target_modules\":[\"q_proj\"],\"rank_pattern\":{{{ranks}}}"), Base(Llama));
    }

    [Theory]
    [InlineData("modules_to_save")]
    [InlineData("target_modules")]
    [InlineData("exclude_modules")]
    [InlineData("target_parameters")]
    public void Names_by_thousands(string field) =>
        Everything(Adapter($"\"{field}\":[{string.Join(',', Enumerable.Range(0, 20_000).Select(index => $"\"module{index}\""))}]"), Base(Llama));

    [Fact]
    public void Names_before_layers_by_thousands() =>
        Everything(
            Adapter(
                $"\"target_modules\":[\"q_proj\"],\"layers_to_transform\":[0,1],"
                + $"\"layers_pattern\":[{string.Join(',', Enumerable.Range(0, 20_000).Select(index => $"\"h{index}\""))}]"),
            Base(Llama));

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(1_000_000_000)]
    public void Experts_by_millions_in_a_base(int experts)
    {
        string adapter = Adapter(
            "\"target_modules\":[\"gate_proj\",\"up_proj\"]",
            Enumerable.Range(0, 2).SelectMany(
                layer =>
                    Enumerable.Range(0, 4).SelectMany(
                        expert => new[] { "gate_proj", "up_proj" }.Select(name => ($"model.layers.{layer}.mlp.experts.{expert}.{name}", 8)))));
        string model = Base(
            Llama.Replace("llama", "qwen3_moe", StringComparison.Ordinal)
+ $",\"num_experts\":{experts},\"moe_intermediate_size\":64,\"num_experts_per_tok\":2,\"mlp_only_layers\":[],\"decoder_sparse_step\":1,\"head_dim\":16");
        Usage convert = Within("convert", adapter, "--to", "mlx-lm", "--base", model, "--output", _folder["out"]);
        Assert.Contains($"the base model's config states {experts}", convert.Result.ExitsWith(1).Error);
        Within("repair", adapter, "--base", model, "--output", _folder["out"]);
        Within("check", adapter, "--base", model, "--for", "peft");
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("model.safetensors.index.json")]
    public void Base_whose_files_have_a_gigabyte_or_no_end(string name)
    {
        string adapter = Adapter("\"target_modules\":[\"q_proj\"]");
        string model = Base(Llama);
        string file = Path.Combine(model, name);
        using (FileStream large = File.Create(file))
        {
            large.Write("{}"u8);
            large.SetLength(1_000_000_000);
        }

        Everything(adapter, model);
        File.Delete(file);
        File.CreateSymbolicLink(file, "/dev/zero");
        Everything(adapter, model);
    }

    [Theory]
    [InlineData("[{0}]", "1")]
    [InlineData("[{0}]", "{}")]
    [InlineData("[{0}]", "\"a\"")]
    public void Configs_of_a_million_values(string form, string value)
    {
        string values = form.Replace("{0}", string.Join(',', Enumerable.Repeat(value, 1_000_000)), StringComparison.Ordinal);
        string adapter = Adapter($"\"target_modules\":[\"q_proj\"],\"field\":{values}");
        Everything(adapter, Base(Llama));
        Assert.Contains("the document has more than 200000 values", Command.Run("inspect", adapter).ExitsWith(1).Error);
    }

    [Fact]
    public void Headers_with_dimensions_or_tensors_by_millions()
    {
        string adapter = Adapter("\"target_modules\":[\"q_proj\"]");
        string file = Path.Combine(adapter, "adapter_model.safetensors");
        WriteWeights(file, "{\"a\":{\"dtype\":\"U8\",\"shape\":[" + string.Join(',', Enumerable.Repeat(1, 48_000_000)) + "],\"data_offsets\":[0,1]}}", 1);
        Everything(adapter, Base(Llama));
        WriteWeights(
            file,
            "{" + string.Join(
                ',', Enumerable.Range(0, 1_500_000).Select(index => $"\"{index}\":" + "{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}")) + "}",
            0);
        Everything(adapter, Base(Llama));
        WriteWeights(
            file, "{\"__metadata__\":{" + string.Join(',', Enumerable.Range(0, 99_000).Select(index => $"\"key{index}\":\"{new string('v', 60)}\"")) + "}}", 0);
        Everything(adapter, Base(Llama));
    }

    [Fact]
    public void Experts_of_a_real_adapter_one_by_one()
    {
        string adapter = AdapterOfExperts(layers: 48);
        Usage inspect = Within("inspect", adapter);
        Assert.Contains(" 18432, ", inspect.Result.ExitsWith(0).Output);
        Usage json = Within("inspect", adapter, "--json");
        Assert.Equal(18432, Regex.Count(json.Result.ExitsWith(0).Output, "\"kind\": \"linear\""));
        if (Command.IsPublished)
        {
            Assert.True(inspect.PeakBytes < 64 << 20, $"{inspect.PeakBytes >> 20} MiB");
            Assert.True(json.PeakBytes < 72 << 20, $"{json.PeakBytes >> 20} MiB");
        }

        Within("check", adapter, "--for", "peft");
    }

    [Fact]
    public void As_many_tensors_as_a_header_may_have()
    {
        string adapter = AdapterOfExperts(layers: 115);
        Assert.InRange(HeaderLength(adapter), 11 << 20, 12 << 20);
        string report = _folder["report.json"];
        foreach (string[] verb in new string[][]
        {
            ["inspect", adapter, "--report", report],
            ["check", adapter, "--for", "peft", "--report", report],
            ["check", adapter, "--for", "mlx-swift", "--report", report],
            ["verify", adapter, adapter, "--report", report],
        })
        {
            Within(verb);
            Assert.True(new FileInfo(report).Length > 1 << 20 || verb[0] == "check", verb[0]);
        }

        Within("report", adapter, "--output", _folder["page.html"]);
        Within("repair", adapter, "--output", _folder["repaired"]);
    }

    [Fact]
    public void As_many_kinds_of_modules_as_layers()
    {
        string adapter = Adapter(
            "\"target_modules\":[\"q_proj\"]", Enumerable.Range(0, 24_000).Select(layer => ($"model.layers.{layer}.kind_{layer}_{new string('x', 120)}.q_proj", 1)));
        Assert.InRange(HeaderLength(adapter), 11 << 20, 12 << 20);
        Assert.Contains("24,000 kinds of modules in 24,000 layers; --verbose lists", Within("inspect", adapter).Result.ExitsWith(0).Output);
        string page = _folder["page.html"];
        Within("report", adapter, "--output", page);
        Assert.Contains("24,000 kinds of modules in 24,000 layers, too many for a table.", File.ReadAllText(page));
        Within("check", adapter, "--for", "mlx-swift");
        Within("verify", adapter, adapter);
    }

    // The build that needs a runtime only converts: it is the same code, and slow to start.
    private void Everything(string adapter, string model)
    {
        Within("convert", adapter, "--to", "mlx-lm", "--base", model, "--output", _folder["out"], "--overwrite");
        if (!Command.IsPublished)
        {
            return;
        }

        Within("inspect", adapter);
        Within("check", adapter, "--base", model, "--for", "peft");
        Within("repair", adapter, "--base", model, "--output", _folder["repaired"], "--overwrite");
    }

    // The build that needs a runtime needs some of both for itself.
    private static Usage Within(params string[] arguments)
    {
        Usage usage = Command.Measure(arguments);
        string what = string.Join(' ', arguments);
        Assert.True(usage.Result.ExitCode is 0 or 1, $"{what}: exit code {usage.Result.ExitCode}\n{usage.Result.Error}");
        Assert.True(usage.PeakBytes < (Command.IsPublished ? 256L : 400) << 20, $"{what}: {usage.PeakBytes >> 20} MiB");
        Assert.True(usage.Processor < TimeSpan.FromSeconds(Command.IsPublished ? 5 : 10), $"{what}: {usage.Processor}");
        return usage;
    }

    private string Base(string fields)
    {
        Directory.CreateDirectory(_folder["base"]);
        File.WriteAllText(Path.Combine(_folder["base"], "config.json"), $"{{{fields}}}");
        return _folder["base"];
    }

    private string AdapterOfExperts(int layers) => Adapter(
        "\"target_modules\":[\"gate_proj\",\"up_proj\",\"down_proj\"]",
        Enumerable.Range(0, layers).SelectMany(layer => Enumerable.Range(0, 128).SelectMany(expert =>
            new[] { "gate_proj", "up_proj", "down_proj" }.Select(name => ($"model.layers.{layer}.mlp.experts.{expert}.{name}", 1)))));

    private string Adapter(string fields, IEnumerable<(string Path, int Rank)>? modules = null)
    {
        Directory.CreateDirectory(_folder["adapter"]);
        File.WriteAllText(Path.Combine(_folder["adapter"], "adapter_config.json"), $"{{{Fields},{fields}}}");
        var header = new StringBuilder("{");
        int end = 0;
        foreach ((string path, int rank) in modules ?? [("model.layers.0.self_attn.q_proj", 8), ("model.layers.1.self_attn.q_proj", 8)])
        {
            header.Append(
                $"{(end == 0 ? string.Empty : ",")}\"base_model.model.{path}.lora_A.weight\":{{\"dtype\":\"BF16\",\"shape\":[{rank},64],"
                + $"\"data_offsets\":[{end},{end + (rank * 128)}]}}");
            header.Append(
                $",\"base_model.model.{path}.lora_B.weight\":{{\"dtype\":\"BF16\",\"shape\":[64,{rank}],"
                + $"\"data_offsets\":[{end + (rank * 128)},{end + (rank * 256)}]}}");
            end += rank * 256;
        }

        WriteWeights(Path.Combine(_folder["adapter"], "adapter_model.safetensors"), header.Append('}').ToString(), end);
        return _folder["adapter"];
    }

    private static long HeaderLength(string adapter)
    {
        using FileStream file = File.OpenRead(Path.Combine(adapter, "adapter_model.safetensors"));
        Span<byte> length = stackalloc byte[8];
        file.ReadExactly(length);
        return BinaryPrimitives.ReadInt64LittleEndian(length);
    }

    private static void WriteWeights(string path, string header, int dataLength)
    {
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        using FileStream file = File.Create(path);
        file.Write(length);
        file.Write(Encoding.UTF8.GetBytes(header));
        file.SetLength(file.Length + dataLength);
    }
}
