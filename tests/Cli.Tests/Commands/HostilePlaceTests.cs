using System.Diagnostics;
using System.Text.Json;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

/// <summary>Places that are no files, outputs that cannot be, and streams that are closed: one line and an exit code, at once.</summary>
public sealed class HostilePlaceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _in;

    public HostilePlaceTests()
    {
        _in = _folder["in"];
        Directory.CreateDirectory(_in);
        foreach (string file in Directory.GetFiles(Fixtures.Case("llama_qv").AdapterFolder))
        {
            File.Copy(file, Path.Combine(_in, Path.GetFileName(file)));
        }
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("in/adapter_config.json")]
    [InlineData("in/adapter_model.safetensors")]
    [InlineData("base/config.json")]
    [InlineData("base/model.safetensors")]
    [InlineData("base/model.safetensors.index.json")]
    public void A_fifo_where_a_file_should_be_is_refused(string place)
    {
        Directory.CreateDirectory(_folder["base"]);
        File.Copy(Path.Combine(Fixtures.HfBaseFolder("llama"), "config.json"), _folder["base/config.json"]);
        if (place.EndsWith("index.json", StringComparison.Ordinal))
        {
            File.Copy(Path.Combine(Fixtures.HfBaseFolder("llama"), "model.safetensors"), _folder["base/model.safetensors"]);
        }

        File.Delete(_folder[place]);
        Shell("mkfifo \"$1\"", _folder[place]);
        string[] common = ["--base", _folder["base"]];
        foreach (string[] arguments
            in new string[][]
            {
                ["inspect", _in],
                ["check", _in, "--for", "peft"],
                ["convert", _in, "--to", "mlx-lm", "--output", _folder["out"]],
                ["repair", _in, "--output", _folder["out"]],
                ["repair", _in, "--in-place"],
                ["verify", _in, _in],
            })
        {
            CommandResult result = Command.Run([.. arguments, .. common]);
            bool isRead = !(place.Contains("model.safetensors") && place.StartsWith("base", StringComparison.Ordinal));
            Assert.True(result.ExitCode is 1 || (!isRead && result.ExitCode is 0), $"{arguments[0]}: {result.ExitCode}\n{result.Error}");
            if (isRead)
            {
                Assert.Contains("TF1089", result.Error);
                Assert.Contains("is a FIFO", result.Error);
                Assert.False(Path.Exists(_folder["out"]));
            }
            else if (Directory.Exists(_folder["out"]))
            {
                Directory.Delete(_folder["out"], recursive: true);
            }
        }
    }

    [Theory]
    [InlineData("a:b")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    [InlineData("\u202Etxt")]
    public void A_side_file_may_have_any_name(string name)
    {
        File.WriteAllText(Path.Combine(_in, name), "mine");
        Command.Run("repair", _in, "--output", _folder["out"]).ExitsWith(0);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(_folder["out"], name)));
    }

    [Theory]
    [InlineData("convert", "IN", "--to", "mlx-lm", "--output", "")]
    [InlineData("convert", "IN", "--to", "mlx-lm", "--output", "/")]
    [InlineData("convert", "IN", "--to", "mlx-lm", "--output", "//")]
    [InlineData("repair", "IN", "--output", "")]
    [InlineData("repair", "IN", "--output", "/")]
    [InlineData("inspect", "IN", "--base", "")]
    [InlineData("inspect", "IN", "--report", "")]
    [InlineData("inspect", "IN", "--report", "/dev/null")]
    [InlineData("inspect", "IN", "--report", "FOLDER")]
    [InlineData("inspect", "IN", "--report", "IN/adapter_config.json")]
    [InlineData("inspect", "IN", "--report", "TOFILE")]
    [InlineData("convert", "IN", "--to", "mlx-lm", "--output", "OUT", "--report", "IN/adapter_model.safetensors")]
    [InlineData("verify", "IN", "OTHER", "--report", "OTHER/adapter_config.json")]
    [InlineData("inspect", "IN/*/../x")]
    public void A_place_that_cannot_be_is_wrong_usage(params string[] arguments)
    {
        Directory.CreateDirectory(_folder["other"]);
        File.Copy(Path.Combine(_in, "adapter_config.json"), _folder["other/adapter_config.json"]);
        File.CreateSymbolicLink(_folder["link"], Path.Combine(_in, "adapter_config.json"));
        byte[] config = File.ReadAllBytes(Path.Combine(_in, "adapter_config.json"));
        CommandResult result = Command.Run([.. arguments.Select(argument => argument
            .Replace("IN", _in, StringComparison.Ordinal)
                .Replace("FOLDER", _folder.Path, StringComparison.Ordinal)
                .Replace("OTHER", _folder["other"], StringComparison.Ordinal)
            .Replace("TOFILE", _folder["link"], StringComparison.Ordinal).Replace("OUT", _folder["out"], StringComparison.Ordinal))]).ExitsWith(2);
        Assert.StartsWith("error: ", result.Error);
        Assert.Equal(config, File.ReadAllBytes(Path.Combine(_in, "adapter_config.json")));
        Assert.False(Path.Exists(_folder["out"]));
    }

    [Fact]
    public void A_report_is_whole_or_absent_and_replaces_reports_only()
    {
        string report = Path.Combine(_in, "report.json");
        Command.Run("inspect", _in, "--report", report).ExitsWith(0);
        Command.Run("inspect", _in, "--report", report).ExitsWith(0);
        using JsonDocument written = JsonDocument.Parse(File.ReadAllBytes(report));
        Assert.Equal("transfuse.inspect/1", written.RootElement.GetProperty("schema").GetString());
        Command.Run("inspect", _in, "--report", _folder["missing/report.json"]).ExitsWith(3);

        string within = Path.Combine(_folder["out"], "report.json");
        Command.Run("convert", _in, "--to", "mlx-lm", "--output", _folder["out"], "--report", within).ExitsWith(0);
        Command.Run("convert", _in, "--to", "mlx-lm", "--output", _folder["out"], "--report", within, "--overwrite").ExitsWith(0);
        Assert.Equal(
            ["adapter_config.json", "adapters.safetensors", "report.json"],
            Directory.GetFiles(_folder["out"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(["in", "out"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(">&-", 3)]
    [InlineData(">/dev/full", 3)]
    [InlineData(">/dev/full 2>/dev/full", 3)]
    [InlineData(">&- 2>&-", 3)]
    [InlineData("2>&-", 0)]
    [InlineData("2>/dev/full", 0)]
    [InlineData("<&-", 0)]
    public void Streams_that_are_closed_or_full_end_it_in_order(string streams, int code)
    {
        string report = _folder["report.json"];
        CommandResult result = Shell(
            $"\"$@\" {streams}",
            [Command.Program.Program, .. Command.Program.Arguments, "convert", _in, "--to", "mlx-lm", "--output", _folder["out"], "--report", report]);
        Assert.Equal(code, result.ExitCode);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", result.Error, StringComparison.Ordinal);

        // What is printed must not land in a file that took the stream's number.
        Assert.Equal(
            ["adapter_config.json", "adapters.safetensors"], Directory.GetFiles(_folder["out"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Command.Run("verify", _in, _folder["out"], "--base", Fixtures.HfBaseFolder("llama")).ExitsWith(0);
        if (code == 0)
        {
            using JsonDocument written = JsonDocument.Parse(File.ReadAllBytes(report));
        }
    }

    [Fact]
    public void A_reader_that_goes_away_is_no_error()
    {
        CommandResult result = Shell(
            "\"$@\" --verbose | true; exit ${PIPESTATUS[0]}", [Command.Program.Program, .. Command.Program.Arguments, "inspect", _in, _in, _in]);
        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain("pipe", result.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Names_from_files_reach_no_terminal_unescaped()
    {
        const string Bad = "q\u202E\u200B\u009b2J\u001b[31m_proj";
        string folder = _folder["in\u202Egnp"];
        Directory.Move(_in, folder);
        foreach (string file in Directory.GetFiles(folder))
        {
            // Of the same length in bytes, so that offsets stay: six letters for two characters of three.
            byte[] bytes = File.ReadAllBytes(file);
            string text = System.Text.Encoding.Latin1.GetString(bytes);
            string swapped = text.Replace(
                "self_attn.q", System.Text.Encoding.Latin1.GetString(System.Text.Encoding.UTF8.GetBytes("a\u202E\u200B\u0085.q")), StringComparison.Ordinal);
            File.WriteAllBytes(file, System.Text.Encoding.Latin1.GetBytes(swapped));
        }

        foreach (string[] arguments in new string[][]
        {
            ["inspect", folder], ["inspect", folder, "--verbose"], ["inspect", folder, "--json"], ["check", folder, "--for", "peft"],
            ["check", folder, "--for", "mlx-lm", "--json"],
            ["convert", folder, "--to", "mlx-lm", "--output", _folder["out\u202E"], "--model-type", Bad],
            ["repair", folder, "--output", _folder["out\u202E"], "--overwrite"],
            ["verify", folder, folder, "--verbose"], ["inspect", _folder["none\u202E"]], ["inspect", "--\u202E"],
        })
        {
            CommandResult result = Command.Run(arguments);
            Assert.NotEqual(70, result.ExitCode);
            Assert.All((result.Output + result.Error).Replace("\n", string.Empty), character => Assert.False(
                char.IsControl(character) || char.GetUnicodeCategory(character) == System.Globalization.UnicodeCategory.Format,
                $"{arguments[0]}: U+{(int)character:X4}"));
            Assert.Contains("\\u202e", result.Output + result.Error);
            if (arguments.Contains("--json"))
            {
                using JsonDocument report = JsonDocument.Parse(result.Output);
                Assert.Equal(folder, report.RootElement.GetProperty("inputs")[0].GetProperty("input").GetString());
            }
        }
    }

    [Fact]
    public void An_argument_with_an_at_sign_is_no_file_of_arguments()
    {
        File.WriteAllText(_folder["arguments"], "--help");
        CommandResult result = Command.Run("inspect", "@" + _folder["arguments"]).ExitsWith(3);
        Assert.Contains("@", result.Error);
    }

    private static CommandResult Shell(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])["-c", script, "bash", .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(2)), "it did not end");
        return new CommandResult(process.ExitCode, output.Result, error);
    }
}
