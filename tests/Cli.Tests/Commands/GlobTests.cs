using Transfuse.Cli.Tests.Support;
using Transfuse.Oracle;

namespace Transfuse.Cli.Tests.Commands;

/// <summary>Globs and links: a loop of links ends, a file that is a link is an adapter's file.</summary>
public class GlobTests
{
    private static readonly string Llama = Fixtures.Case("llama_qv").AdapterFolder;

    // Two links to the folder itself would be followed 2 to the 40th times, until the system refuses.
    [Theory]
    [InlineData("**/adapter_config.json")]
    [InlineData("**")]
    [InlineData("**/a")]
    public void Loops_of_links_end(string pattern)
    {
        using var folder = new TemporaryFolder();
        Copy(folder["runs/deep/a"]);
        foreach (string link in new[] { "runs/loop", "runs/again", "runs/deep/up", "runs/deep/a/in" })
        {
            Directory.CreateSymbolicLink(folder[link], folder["runs"]);
        }

        CommandResult result = Command.Run("inspect", Path.Combine(folder["runs"], pattern), "--json").ExitsWith(0);
        Assert.Equal(1, OracleJson.Parse(result.Output).GetProperty("inputs").GetArrayLength());
    }

    [Fact]
    public void Files_that_are_links_count_and_links_to_folders_only_without_two_stars()
    {
        using var folder = new TemporaryFolder();
        Copy(folder["blobs"]);
        Directory.CreateDirectory(folder["runs/a"]);
        foreach (string file in Directory.EnumerateFiles(folder["blobs"]))
        {
            File.CreateSymbolicLink(Path.Combine(folder["runs/a"], Path.GetFileName(file)), file);
        }

        Directory.CreateSymbolicLink(folder["runs/b"], folder["blobs"]);
        foreach ((string pattern, int count) in new[] { ("**/adapter_config.json", 1), ("*/adapter_config.json", 2), ("*", 2), ("**", 1) })
        {
            CommandResult result = Command.Run("inspect", Path.Combine(folder["runs"], pattern), "--json").ExitsWith(0);
            Assert.Equal(count, OracleJson.Parse(result.Output).GetProperty("inputs").GetArrayLength());
        }
    }

    private static void Copy(string target)
    {
        Directory.CreateDirectory(target);
        foreach (string file in Directory.EnumerateFiles(Llama))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }
    }
}
