using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

public class MethodOptionsTests
{
    private static readonly string Lokr = Fixtures.Case("lokr").AdapterFolder;

    [Fact]
    public void Ranks_above_the_limit_are_refused_and_the_options_named()
    {
        using var folder = new TemporaryFolder();
        CommandResult result = Command.Run("convert", Lokr, "--to", "mlx-lm", "--max-rank", "32", "--output", folder["out"]).ExitsWith(1);
        Assert.Contains("--max-rank 64 keeps it exact, --svd-rank N truncates it to N", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Fact]
    public void Max_rank_keeps_the_adapter_exact()
    {
        using var folder = new TemporaryFolder();
        CommandResult result = Command.Run("convert", Lokr, "--to", "mlx-lm", "--output", folder["out"], "--max-rank", "64", "--verify").ExitsWith(0);
        Assert.Contains("12 modules (LoRA), rank 64, scale 2", result.Output, StringComparison.Ordinal);
        Command.Run("verify", Lokr, folder["out"]).ExitsWith(0);
    }

    [Fact]
    public void Svd_rank_truncates_and_says_what_is_missing()
    {
        using var folder = new TemporaryFolder();
        CommandResult result = Command.Run("convert", Lokr, "--to", "mlx-lm", "--output", folder["out"], "--svd-rank", "8", "--verbose").ExitsWith(0);
        Assert.Contains("12 modules (LoRA), rank 8, scale 2", result.Output, StringComparison.Ordinal);
        Assert.Equal(12, result.Error.Split("warning TF2413").Length - 1);
        Command.Run("verify", Lokr, folder["out"]).ExitsWith(5);
    }

    [Theory]
    [InlineData("--max-rank", "0")]
    [InlineData("--svd-rank", "-1")]
    [InlineData("--svd-rank", "half")]
    [InlineData("--jobs", "many")]
    [InlineData("--transformers", "five")]
    [InlineData("--transformers", "6")]
    public void Other_numbers_are_wrong_usage(string option, string value)
    {
        using var folder = new TemporaryFolder();
        Command.Run("convert", Lokr, "--to", "mlx-lm", "--output", folder["out"], option, value).ExitsWith(2);
    }
}
