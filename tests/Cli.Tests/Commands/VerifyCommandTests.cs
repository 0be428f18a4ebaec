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
        Assert.Contains("model.layers.2.self_attn.q_proj: only in A, norm ", result.Output + result.Error);
    }

    [Fact]
    public void A_module_more_is_only_in_B_and_nothing_is_infinite()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        foreach (string name in copy.Tensors.Keys.Where(name => name.Contains("layers.2.self_attn.q_proj")).ToArray())
        {
            copy.Tensors.Remove(name);
        }

        CommandResult result = Command.Run("verify", copy.Save(), Llama).ExitsWith(5);
        Assert.Contains("DIFFERENT model.layers.2.self_attn.q_proj: only in B, norm ", result.Error);
        Assert.Contains("the adapters differ in 1 of 6 modules: 6 modules, 5 bit-equal, 1 only in B, worst relative error 0 ", result.Error);
        Assert.DoesNotContain("Infinity", result.Output + result.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_module_that_does_nothing_in_A_alone_is_named_so()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        OracleTensor tensor = copy.Tensors["base_model.model.model.layers.1.self_attn.v_proj.lora_B.weight"];
        copy.Put(tensor.Name, DenseArray.Zeros(tensor.Shape));
        CommandResult result = Command.Run("verify", copy.Save(), Llama).ExitsWith(5);
        Assert.Contains("DIFFERENT model.layers.1.self_attn.v_proj: without effect in A, norm ", result.Error);
        Assert.DoesNotContain("relative error Infinity, norm", result.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void The_worst_element_is_told_on_request()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        OracleTensor tensor = copy.Tensors["base_model.model.model.layers.1.self_attn.v_proj.lora_B.weight"];
        copy.Put(tensor.Name, new DenseArray(tensor.Shape, [.. tensor.Values.Select(value => value * 1.001)]));
        string other = copy.Save();
        Assert.DoesNotContain("worst element", Command.Run("verify", Llama, other).ExitsWith(5).Error);
        Assert.Contains(", worst element ", Command.Run("verify", Llama, other, "--worst-element").ExitsWith(5).Error);

        using JsonDocument report = JsonDocument.Parse(Command.Run("verify", Llama, other, "--worst-element", "--json").ExitsWith(5).Output);
        JsonElement[] modules = [.. report.RootElement.GetProperty("inputs")[0].GetProperty("modules").EnumerateArray()];
        Assert.Equal(6, modules.Length);
        foreach (JsonElement module in modules)
        {
            bool same = module.GetProperty("bit_equal").GetBoolean();
            Assert.Equal(same, module.GetProperty("worst_element").GetDouble() == 0);
            Assert.Equal(same, module.GetProperty("difference_norm").GetDouble() == 0);
            Assert.Equal(0, module.GetProperty("magnitude_error").GetDouble());
            Assert.InRange(module.GetProperty("norm").GetDouble(), 0.1, 100);
        }
    }

    [Fact]
    public void Says_that_modules_are_the_same_under_another_root()
    {
        string folder = Path.Combine(Fixtures.Root, "field", "two_roots");
        string[] both = [Path.Combine(folder, "in", "a"), Path.Combine(folder, "in", "b")];
        CommandResult unknown = Command.Run(["verify", .. both]).ExitsWith(5);
        Assert.Contains("the same modules under another root: model.layers in A, model.language_model.layers in B", unknown.Error);
        Assert.DoesNotContain("DIFFERENT", unknown.Error);
        CommandResult known = Command.Run(["verify", .. both, "--base", Path.Combine(folder, "base")]).ExitsWith(0);
        Assert.Contains("the adapters change the model in the same way: 6 modules, 6 bit-equal", known.Output);
    }

    [Fact]
    public void Prints_no_progress_where_nobody_watches() => Assert.Empty(Command.Run("verify", Llama, Llama).ExitsWith(0).Error);
}
