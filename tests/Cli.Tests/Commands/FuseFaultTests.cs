using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

/// <summary>A merge that cannot go on: nothing half is in place, and what is left is told by the next run.</summary>
public sealed class FuseFaultTests : IDisposable
{
    private static readonly string Llama = Fixtures.HfBaseFolder("llama");
    private static readonly string Adapter = Fixtures.Case("llama_qv").AdapterFolder;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Where_a_file_may_not_be_so_large_nothing_is_written_and_nothing_lost(bool overwrites)
    {
        string output = _folder["out"];
        if (overwrites)
        {
            Command.Run("fuse", "--base", Llama, "--adapter", Adapter, "--output", output).ExitsWith(0);
        }

        string before = Contents(output);

        // 32 or 64 KiB, by the shell; the merged model has 217 KB. Without the write-xor-execute map the runtime writes no file of its own.
        CommandResult result = Run(
            "sh",
            [
                "-c", "ulimit -f 64; exec \"$@\"", "sh", "env", "--ignore-signal=XFSZ", "DOTNET_EnableWriteXorExecute=0", Command.Program.Program,
                .. Command.Program.Arguments, "fuse", "--base", Llama, "--adapter", Adapter, "--output", output, "--overwrite",
            ]).ExitsWith(3);

        Assert.Contains("model.safetensors' would have 216960 bytes, which is more than a file may have there", result.Error);
        Assert.Equal(before, Contents(output));
        Assert.Equal(overwrites ? ["out"] : [], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_killed_merge_leaves_nothing_half_and_the_next_says_what_it_left(bool overwrites)
    {
        string model = Large(_folder["base"], 1_000_000_000), output = _folder["out"];
        string[] arguments = ["fuse", "--base", model, "--adapter", Adapter, "--output", output, "--overwrite"];
        if (overwrites)
        {
            Command.Run("fuse", "--base", Llama, "--adapter", Adapter, "--output", output).ExitsWith(0);
        }

        string before = Contents(output);
        using (Process process = Command.Start(arguments))
        {
            // Its work folder shows that it is writing.
            while (!process.HasExited && !Hidden().Any(path => File.Exists(Path.Combine(path, "new", "model.safetensors"))))
            {
                Thread.Sleep(1);
            }

            process.Kill();
            process.WaitForExit();
        }

        string left = Assert.Single(Hidden());
        Assert.Equal(before, Contents(output));

        CommandResult next = Command.Run(arguments).ExitsWith(0);

        Assert.Contains($"info TF5089 {left}: an interrupted run left it; nothing of it was in place, and it was removed", next.Error);
        Assert.Empty(Hidden());
        Assert.Equal(31, OracleHeader(Path.Combine(output, "model.safetensors")).Count(member => member.Key != "__metadata__"));
    }

    private string[] Hidden() => [.. Directory.EnumerateDirectories(_folder.Path).Where(path => Path.GetFileName(path).StartsWith('.'))];

    // A tensor of zeros, which has no place on the disk, makes the base take its time.
    private static string Large(string folder, long bytes)
    {
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(Llama, "config.json"), Path.Combine(folder, "config.json"));
        byte[] small = File.ReadAllBytes(Path.Combine(Llama, "model.safetensors"));
        int length = (int)BitConverter.ToInt64(small);
        JsonObject header = JsonNode.Parse(small.AsSpan(8, length))!.AsObject();
        long data = small.Length - 8 - length;
        header["zeros"] = new JsonObject { ["dtype"] = "U8", ["shape"] = new JsonArray(bytes), ["data_offsets"] = new JsonArray(data, data + bytes) };
        byte[] text = Encoding.UTF8.GetBytes(header.ToJsonString());
        using FileStream file = File.Create(Path.Combine(folder, "model.safetensors"));
        file.Write(BitConverter.GetBytes((long)text.Length));
        file.Write(text);
        file.Write(small.AsSpan(8 + length));
        file.SetLength(8 + text.Length + data + bytes);
        return folder;
    }

    private static JsonObject OracleHeader(string path)
    {
        using FileStream file = File.OpenRead(path);
        using var reader = new BinaryReader(file);
        return JsonNode.Parse(reader.ReadBytes((int)reader.ReadInt64()))!.AsObject();
    }

    private static string Contents(string folder) => !Directory.Exists(folder) ? "none" : string.Join(
        ' ',
        Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)
            .Select(path => $"{Path.GetFileName(path)}={Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))}"));

    private static CommandResult Run(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(2)), "the command did not end");
        return new CommandResult(process.ExitCode, output.Result, error.Result);
    }
}
