using System.Text.Json;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

/// <summary>What stops a conversion does not keep an adapter from being shown.</summary>
public class InspectCommandTests
{
    [Fact]
    public void Shows_layers_down_and_modules_across()
    {
        CommandResult result = Command.Run("inspect", Fixtures.Case("llama_qv").AdapterFolder).ExitsWith(0);
        Assert.Equal(string.Empty, result.Error);
        Assert.EndsWith(
            """
              rank            8
              scale           2
                      self_attn
              layers  q_proj  v_proj
              0-2     8       8
            """.ReplaceLineEndings("\n"),
            result.Output.TrimEnd());
    }

    [Fact]
    public void Scale_that_the_config_does_not_tell_is_a_question()
    {
        string folder = Fixtures.Case("legacy_alpha_ambiguous").AdapterFolder;
        CommandResult result = Command.Run("inspect", folder).ExitsWith(0);
        Assert.Contains("warning TF3502", result.Error);
        Assert.Contains("scale           not told by the config", result.Output);

        using JsonDocument report = JsonDocument.Parse(Command.Run("inspect", folder, "--json").ExitsWith(0).Output);
        JsonElement module = report.RootElement.GetProperty("inputs")[0].GetProperty("modules")[0];
        Assert.Equal(JsonValueKind.Null, module.GetProperty("scale").ValueKind);
        Assert.Equal(8, module.GetProperty("rank").GetInt32());
    }

    [Theory]
    [InlineData("nonsense", "warning TF4001")]
    [InlineData("identity", "")]
    public void Model_type_of_no_table_is_told(string modelType, string expected)
    {
        CommandResult result = Command.Run("inspect", Fixtures.Case("llama_qv").AdapterFolder, "--model-type", modelType).ExitsWith(0);
        Assert.StartsWith(expected, result.Error);
        Assert.Equal(expected.Length == 0, result.Error.Length == 0);
    }

    [Theory]
    [InlineData("init_lora_weights", "\"pissa\"", "warning TF3301")]
    [InlineData("alora_invocation_tokens", "[1, 2]", "warning TF3302")]
    [InlineData("layer_replication", "[[0, 1]]", "warning TF3303")]
    public void Settings_that_keep_it_from_being_plain_are_told(string field, string json, string expected)
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        copy.Set(field, json);
        CommandResult result = Command.Run("inspect", copy.Save()).ExitsWith(0);
        Assert.Contains(expected, result.Error);
        Assert.Contains("6, 5,376 values", result.Output);
    }

    [Fact]
    public void Names_with_control_characters_stay_on_one_line()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        copy.Put("base_model.model.model.layers.0.self_attn.q_proj\nerror TF0000 forged\u001b[2J.lora_A.weight", DenseArray.Zeros(8, 64));
        CommandResult result = Command.Run("inspect", copy.Save());
        Assert.Contains("\\u000a", result.Error);
        Assert.DoesNotContain("\nerror TF0000", result.Error + result.Output);
        Assert.DoesNotContain('\u001b', result.Error + result.Output);
    }
}
