using System.Diagnostics;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

/// <summary>What a real bash offers after the script was read.</summary>
public class CompletionCommandTests
{
    [Theory]
    [InlineData("transfuse con", "convert")]
    [InlineData("transfuse convert a --dtype b", "bf16 bfloat16")]
    [InlineData("transfuse convert a --to mlx-s", "mlx-swift")]
    [InlineData("transfuse check a --for vl", "vllm")]
    [InlineData("transfuse convert a --allow TF200", "TF2001 TF2005 TF2009")]
    [InlineData("transfuse convert a --expert-layout ", "modules parameters")]
    [InlineData("transfuse verify a b --worst", "--worst-element")]
    [InlineData("transfuse completion f", "fish")]
    [InlineData("transfuse inspect adap", "")]
    public void Bash_completes(string line, string expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no bash");
        using var folder = new TemporaryFolder();
        string wrapper = Path.Combine(folder.Path, "transfuse");
        string[] command = [Command.Program.Program, .. Command.Program.Arguments];
        File.WriteAllText(wrapper, $"#!/bin/sh\nexec {string.Join(' ', command.Select(part => $"'{part}'"))} \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(wrapper, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        string word = line[(line.LastIndexOf(' ') + 1)..];
        string script = $$"""
            source <(transfuse completion bash)
            COMP_LINE='{{line}}' COMP_POINT={{line.Length}}
            _transfuse transfuse '{{word}}'
            printf '%s\n' "$(complete -p transfuse)" "${COMPREPLY[@]}"
            """;
        var start = new ProcessStartInfo("bash", ["--norc", "-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{folder.Path}:{Environment.GetEnvironmentVariable("PATH")}";
        using Process bash = Process.Start(start)!;
        string[] lines = bash.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(string.Empty, bash.StandardError.ReadToEnd());
        Assert.Equal("complete -o default -F _transfuse transfuse", lines[0]);
        Assert.Equal(expected, string.Join(' ', lines.Skip(1).Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("fish")]
    [InlineData("pwsh")]
    [InlineData("zsh")]
    public void Every_shell_has_a_script_that_asks_the_command(string shell) =>
        Assert.Contains("[suggest:", Command.Run("completion", shell).ExitsWith(0).Output);

    [Fact]
    public void Unknown_shell_is_wrong_usage() => Assert.Contains("tcsh", Command.Run("completion", "tcsh").ExitsWith(2).Error);
}
