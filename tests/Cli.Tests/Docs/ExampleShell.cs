using System.Diagnostics;
using System.Globalization;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Docs;

/// <summary>A real bash that finds the command as <c>transfuse</c>. Whoever runs the command from the sources or from bin/ in a page gets the same one.</summary>
internal sealed class ExampleShell : IDisposable
{
    private const char Mark = '\u001e';
    private static readonly string[] Aliases = ["dotnet run -c Release --project src/Cli -- ", "bin/transfuse "];

    private readonly TemporaryFolder _bin = new();
    private readonly string _folder;

    public ExampleShell(string folder)
    {
        _folder = folder;
        string wrapper = _bin["transfuse"];
        string[] command = [Command.Program.Program, .. Command.Program.Arguments];
        File.WriteAllText(wrapper, $"#!/bin/sh\nexec {string.Join(' ', command.Select(part => $"'{part}'"))} \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(wrapper, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    public void Dispose() => _bin.Dispose();

    /// <summary>Runs lines one after the other in one shell, so that <c>cd</c> and <c>echo $?</c> do what they say.</summary>
    public IReadOnlyList<ShellOutput> Run(IReadOnlyList<string> lines)
    {
        string script = "exec 2>&1\n" + string.Concat(lines.Select(
            line => $"{Translated(line)}\n_code=$?; printf '\\036%d\\036' $_code; (exit $_code)\n"));
        var start = new ProcessStartInfo("bash", ["--norc", "-c", script])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        start.Environment["PATH"] = $"{_bin.Path}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["HOME"] = Path.Combine(_folder, "home");
        start.Environment["PROFILE"] = Path.Combine(_folder, "home", "profile.ps1");
        start.Environment["NO_COLOR"] = "1";
        using Process bash = Process.Start(start)!;
        bash.StandardInput.Close();
        Task<string> output = bash.StandardOutput.ReadToEndAsync();
        Assert.True(bash.WaitForExit(TimeSpan.FromMinutes(2)), $"the commands did not end: {string.Join(" ; ", lines)}");
        string[] parts = output.Result.Split(Mark);
        Assert.True(parts.Length == (2 * lines.Count) + 1, $"bash ended early: {string.Join(" ; ", lines)}\n{output.Result}");
        return [.. Enumerable.Range(0, lines.Count).Select(i => new ShellOutput(
            int.Parse(parts[(2 * i) + 1], CultureInfo.InvariantCulture),
            parts[2 * i].Length == 0 ? [] : parts[2 * i].Replace($"{_folder}/tmp/", "/tmp/").Replace($"{_folder}/", string.Empty).TrimEnd('\n').Split('\n')))];
    }

    private string Translated(string line) =>
        Aliases.Aggregate(line, (text, alias) => text.Replace(alias, "transfuse ", StringComparison.Ordinal)).Replace(" /tmp/", $" {_folder}/tmp/", StringComparison.Ordinal);
}
