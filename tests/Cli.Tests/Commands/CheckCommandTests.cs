using System.Text.Json;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

public class CheckCommandTests
{
    private static readonly string Mlx = Fixtures.Case("mlx_llama_qv").AdapterFolder;
    private static readonly string Peft = Fixtures.Case("llama_rank_pattern").AdapterFolder;

    [Fact]
    public void Exits_with_0_where_the_reader_loads_it_as_intended()
    {
        CommandResult result = Command.Run("check", Mlx, "--for", "mlx-lm", "--base", Fixtures.MlxBaseFolder("llama")).ExitsWith(0);
        Assert.Equal($"{Mlx}: mlx-lm: loads as intended", result.Output.Trim());
        Assert.Empty(result.Error);
    }

    [Fact]
    public void Says_what_the_verdict_rests_on_without_a_base()
    {
        CommandResult result = Command.Run("check", Mlx, "--for", "mlx-lm").ExitsWith(0);
        Assert.Contains("loads as intended, as far as the warnings allow", result.Output);
        Assert.Contains("warning TF5551 base: mlx-lm: none was given; the model was taken to have 3 layers", result.Error);
    }

    [Fact]
    public void Exits_with_1_and_the_readers_words_where_it_fails()
    {
        CommandResult result = Command.Run("check", Peft, "--for", "mlx-lm").ExitsWith(1);
        Assert.Contains("error TF5503 adapter_config.json: mlx-lm: AttributeError: no attribute 'num_layers'; this is a PEFT folder", result.Error);
        Assert.Contains("mlx-lm: fails to load", result.Error);
    }

    [Fact]
    public void Exits_with_1_where_it_loads_wrongly()
    {
        CommandResult result = Command.Run("check", Peft, "--for", "vllm", "--base", Fixtures.HfBaseFolder("llama")).ExitsWith(1);
        Assert.Contains("error TF5532 model.layers.0.self_attn.q_proj: vllm: scale 2 instead of 4", result.Error);
        Assert.Contains("vllm: loads, but not as intended", result.Error);
    }

    [Fact]
    public void Several_readers_must_all_load_it_whatever_their_dialects()
    {
        CommandResult result = Command.Run("check", Mlx, "--for", "mlx-lm,mlx-swift,peft", "--json").ExitsWith(1);
        using JsonDocument report = JsonDocument.Parse(result.Output);
        Assert.Equal("transfuse.check/1", report.RootElement.GetProperty("schema").GetString());
        JsonElement input = report.RootElement.GetProperty("inputs")[0];
        Assert.False(input.GetProperty("succeeded").GetBoolean());
        Assert.Equal("fails", input.GetProperty("verdict").GetString());
        Assert.Equal(
            ["mlx-lm loads", "mlx-swift loads", "peft fails"],
            input.GetProperty("readers")
                .EnumerateArray()
                .Select(reader => $"{reader.GetProperty("reader").GetString()} {reader.GetProperty("verdict").GetString()}"));
        Assert.Contains(input.GetProperty("findings").EnumerateArray(), finding => finding.GetProperty("code").GetString() == "TF5503");
    }

    [Fact]
    public void The_verdict_of_several_readers_is_the_worst()
    {
        CommandResult result = Command.Run(
            "check", Fixtures.Case("llama_rslora").AdapterFolder, "--for", "peft,sglang", "--json", "--base", Fixtures.HfBaseFolder("llama"))
            .ExitsWith(1);
        using JsonDocument report = JsonDocument.Parse(result.Output);
        Assert.Equal("loads_wrongly", report.RootElement.GetProperty("inputs")[0].GetProperty("verdict").GetString());
    }

    [Fact]
    public void Exits_with_4_where_some_of_several_inputs_fail() =>
        Command.Run("check", Mlx, Fixtures.Case("llama_qv").AdapterFolder, "--for", "mlx-lm").ExitsWith(4);

    [Fact]
    public void The_rank_limit_of_the_server_is_an_option()
    {
        string adapter = Fixtures.Case("llama_qv").AdapterFolder;
        Command.Run("check", adapter, "--for", "vllm").ExitsWith(0);
        Assert.Contains("max_lora_rank 4", Command.Run("check", adapter, "--for", "vllm", "--max-lora-rank", "4").ExitsWith(1).Error);
    }

    [Theory]
    [InlineData("--for", "llama.cpp")]
    [InlineData("--for", "mlx-lm,")]
    [InlineData("--for", "vllm", "--max-lora-rank", "0")]
    [InlineData("--quiet")]
    public void Refuses_wrong_usage(params string[] options) => Command.Run(["check", Mlx, .. options]).ExitsWith(2);

    [Fact]
    public void Changes_nothing()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("mlx_llama_qv"));
        string folder = copy.Save();
        string[] before = [.. Directory.EnumerateFiles(folder).Select(file => $"{file} {Convert.ToHexString(File.ReadAllBytes(file))}")];
        Command.Run("check", folder, "--for", "mlx-lm,mlx-swift,mlx-vlm,unsloth,peft,vllm,sglang").ExitsWith(1);
        Assert.Equal(before, Directory.EnumerateFiles(folder).Select(file => $"{file} {Convert.ToHexString(File.ReadAllBytes(file))}"));
    }
}
