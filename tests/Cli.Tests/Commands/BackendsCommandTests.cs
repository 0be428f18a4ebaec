using System.Text.Json;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

/// <summary><c>backends</c> and <c>--backend</c>, without MLX: what is not there is named, and nothing takes its place silently.</summary>
public class BackendsCommandTests
{
    private const string Nowhere = "/nowhere/libmlxc.so";

    private static readonly FixtureCase Llama = Fixtures.Case("llama_all_linear");

    [Fact]
    public void A_library_that_is_named_and_missing_is_refused_and_managed_is_proved()
    {
        CommandResult result = Command.Run("backends", "--mlx-library", Nowhere, "--json").ExitsWith(1);

        using JsonDocument report = JsonDocument.Parse(result.Output);
        Assert.Equal("transfuse.backends/1", report.RootElement.GetProperty("schema").GetString());
        JsonElement managed = Assert.Single(report.RootElement.GetProperty("backends").EnumerateArray());
        Assert.Equal("managed", managed.GetProperty("name").GetString());
        Assert.True(managed.GetProperty("usable").GetBoolean());
        Assert.Equal(JsonValueKind.Null, report.RootElement.GetProperty("mlx").ValueKind);
        Assert.Equal("is not there", Assert.Single(report.RootElement.GetProperty("tried").EnumerateArray()).GetProperty("refusal").GetString());
    }

    [Fact]
    public void Asked_for_by_name_MLX_is_not_replaced() => Assert.Contains(
        "TF6150",
        Command.Run("verify", Llama.AdapterFolder, "--base", Llama.BaseFolder, "--logits", "--backend", "mlx", "--mlx-library", Nowhere).ExitsWith(1).Error);

    [Fact]
    public void The_report_says_what_it_ran_on()
    {
        CommandResult result = Command.Run(
            "verify", Llama.AdapterFolder, "--base", Llama.BaseFolder, "--logits", "--tokens", "2", "--backend", "managed", "--json").ExitsWith(0);

        using JsonDocument report = JsonDocument.Parse(result.Output);
        Assert.Equal("managed", report.RootElement.GetProperty("inputs")[0].GetProperty("backend").GetString());
    }

    [Fact]
    public void Managed_has_no_library() => Assert.Contains(
        "--mlx-library",
        Command.Run("verify", Llama.AdapterFolder, "--base", Llama.BaseFolder, "--logits", "--backend", "managed", "--mlx-library", Nowhere).ExitsWith(2).Error);
}
