using System.Text.Json;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

public class VerifyCommandTests
{
    private static readonly string Llama = Fixtures.Case("llama_qv").AdapterFolder;

    [Fact]
    public void Says_that_a_conversion_is_bit_equal()
    {
        using var folder = new TemporaryFolder();
        Command.Run("convert", Llama, "--to", "mlx-lm", "--output", folder["mlx"]).ExitsWith(0);
        CommandResult result = Command.Run("verify", Llama, folder["mlx"]).ExitsWith(0);
        Assert.Contains("6 modules, 6 bit-equal, worst relative error 0", result.Output);
    }

    [Fact]
    public void Exits_with_5_and_names_the_module_and_the_error()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        OracleTensor tensor = copy.Tensors["base_model.model.model.layers.1.self_attn.v_proj.lora_B.weight"];
        copy.Put(tensor.Name, new DenseArray(tensor.Shape, [.. tensor.Values.Select(value => value * 1.001)]));
        CommandResult result = Command.Run("verify", Llama, copy.Save(), "--json").ExitsWith(5);

        using JsonDocument report = JsonDocument.Parse(result.Output);
        Assert.Equal("transfuse.verify/1", report.RootElement.GetProperty("schema").GetString());
        JsonElement different = report.RootElement.GetProperty("inputs")[0].GetProperty("modules").EnumerateArray()
            .Single(module => !module.GetProperty("bit_equal").GetBoolean());
        Assert.Equal("model.layers.1.self_attn.v_proj", different.GetProperty("path").GetString());
        Assert.InRange(different.GetProperty("relative_error").GetDouble(), 0.000999, 0.001001);
    }

    [Fact]
    public void A_scale_that_differs_is_a_difference()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        copy.Set("lora_alpha", "17");
        CommandResult result = Command.Run("verify", Llama, copy.Save()).ExitsWith(5);
        Assert.Contains("scales 2 and 2.125", result.Output + result.Error);
    }

    [Fact]
    public void A_missing_module_is_a_difference()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        foreach (string name in copy.Tensors.Keys.Where(name => name.Contains("layers.2.self_attn.q_proj")).ToArray())
        {
            copy.Tensors.Remove(name);
        }

        CommandResult result = Command.Run("verify", Llama, copy.Save()).ExitsWith(5);
        Assert.Contains("model.layers.2.self_attn.q_proj: only in the first", result.Output + result.Error);
    }
}
