using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Tests.Repair;
using Transfuse.Metadata.Findings;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Sources;

/// <summary>Which files beside an adapter go with it, where they are links.</summary>
public class SideLinkTests
{
    [Fact]
    public void Links_out_of_the_folder_and_what_is_no_file_are_named_and_left_out()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        using var folder = new TemporaryFolder();
        Fill(folder["in"]);
        File.WriteAllText(folder["secret"], "secret");
        File.WriteAllText(folder["in/inside.txt"], "mine");
        File.CreateSymbolicLink(folder["in/absolute"], folder["secret"]);
        File.CreateSymbolicLink(folder["in/relative"], "../secret");
        File.CreateSymbolicLink(folder["in/system"], "/etc/passwd");
        File.CreateSymbolicLink(folder["in/zero"], "/dev/zero");
        File.CreateSymbolicLink(folder["in/nowhere"], "gone");
        File.CreateSymbolicLink(folder["in/within"], "inside.txt");
        File.CreateSymbolicLink(folder["in/twice"], "relative");

        RepairResult result = Repairing.Must(folder["in"], folder["out"]);
        Assert.Equal(
            ["adapter_config.json", "adapters.safetensors", "inside.txt", "within"],
            Directory.GetFiles(folder["out"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("mine", File.ReadAllText(folder["out/within"]));
        Assert.Null(new FileInfo(folder["out/within"]).LinkTarget);
        Assert.Equal(
            ["absolute", "nowhere", "relative", "system", "twice", "zero"],
            result.Findings.Where(finding => finding.Code == TargetCodes.SideFileLeftOut)
                .Select(finding => Path.GetFileName(finding.Subject))
                .Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_blobs_of_the_hub_cache_go_along_and_those_of_another_repository_do_not()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        using var folder = new TemporaryFolder();
        string snapshot = folder["hub/models--me--adapter/snapshots/0123abcd"];
        Directory.CreateDirectory(folder["hub/models--me--adapter/blobs"]);
        Directory.CreateDirectory(folder["hub/models--you--private/blobs"]);
        Directory.CreateDirectory(snapshot);
        Fill(folder["plain"]);
        foreach (string file in Directory.GetFiles(folder["plain"]))
        {
            string name = Path.GetFileName(file);
            File.Move(file, folder[$"hub/models--me--adapter/blobs/{name}"]);
            File.CreateSymbolicLink(Path.Combine(snapshot, name), $"../../blobs/{name}");
        }

        File.WriteAllText(folder["hub/models--me--adapter/blobs/1"], "card");
        File.WriteAllText(folder["hub/models--you--private/blobs/2"], "private");
        File.CreateSymbolicLink(Path.Combine(snapshot, "README.md"), "../../blobs/1");
        File.CreateSymbolicLink(Path.Combine(snapshot, "theirs"), "../../../models--you--private/blobs/2");

        RepairResult result = Repairing.Must(snapshot, folder["out"]);
        Assert.Equal("card", File.ReadAllText(folder["out/README.md"]));
        Assert.False(Path.Exists(folder["out/theirs"]));
        Assert.EndsWith("theirs", Assert.Single(result.Findings, finding => finding.Code == TargetCodes.SideFileLeftOut).Subject);
    }

    private static void Fill(string target)
    {
        Directory.CreateDirectory(target);
        foreach (string file in Directory.GetFiles(Fixtures.Case("swift_llama").AdapterFolder))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }
    }
}
