using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Metadata.Findings;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Repair;

/// <summary>Repairs in place: only what changes is replaced, originals stay, nothing else is touched.</summary>
public class RepairInPlaceTests
{
    [Fact]
    public void A_folder_that_is_whole_is_not_touched()
    {
        using TemporaryFolder folder = Copy("mlx_llama_qv");
        RepairResult result = Repairing.InPlace(folder.Path);
        Assert.True(result.Succeeded);
        Assert.False(result.IsWritten);
        Repairing.AssertSameFiles(Fixtures.Case("mlx_llama_qv").AdapterFolder, folder.Path);
    }

    [Fact]
    public void Only_the_config_is_replaced_where_only_it_changes()
    {
        using TemporaryFolder folder = Copy("swift_llama");
        string before = File.ReadAllText(folder["adapter_config.json"]);
        DateTime untouched = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(folder["adapters.safetensors"], untouched);
        Directory.CreateDirectory(folder["checkpoints"]);
        File.WriteAllText(folder["checkpoints/note"], "kept");

        Assert.True(Repairing.InPlace(folder.Path).IsWritten);

        Assert.Equal(["adapter_config.json", "adapter_config.json.orig", "adapters.safetensors"], Names(folder));
        Assert.Equal(before, File.ReadAllText(folder["adapter_config.json.orig"]));
        Assert.NotEqual(before, File.ReadAllText(folder["adapter_config.json"]));
        Assert.Equal(untouched, File.GetLastWriteTimeUtc(folder["adapters.safetensors"]));
        Assert.Equal("kept", File.ReadAllText(folder["checkpoints/note"]));
    }

    [Fact]
    public void Tensors_that_change_keep_their_original_too()
    {
        using TemporaryFolder folder = Copy("legacy_switch_2d");
        byte[] before = File.ReadAllBytes(folder["adapters.safetensors"]);
        Assert.True(Repairing.InPlace(folder.Path).IsWritten);
        Assert.Equal(["adapter_config.json", "adapter_config.json.orig", "adapters.safetensors", "adapters.safetensors.orig"], Names(folder));
        Assert.Equal(before, File.ReadAllBytes(folder["adapters.safetensors.orig"]));
        Assert.True(MlxLmLoader.Load(folder.Path, MlxBase.Fixture("qwen3_moe")).LoadsAsIntended);
        Assert.False(Repairing.InPlace(folder.Path).IsWritten);
    }

    [Fact]
    public void An_archive_is_set_aside()
    {
        using TemporaryFolder folder = Copy("legacy_npz");
        Assert.True(Repairing.InPlace(folder.Path).IsWritten);
        Assert.Equal(["adapter_config.json", "adapters.npz.orig", "adapters.safetensors"], Names(folder));
        Assert.False(Repairing.InPlace(folder.Path).IsWritten);
    }

    [Fact]
    public void A_checkpoint_stays_beside_the_final_file()
    {
        using TemporaryFolder folder = Copy("legacy_checkpoints_only");
        Assert.True(Repairing.InPlace(folder.Path).IsWritten);
        Assert.Equal(["0000100_adapters.safetensors", "0000200_adapters.safetensors", "adapter_config.json", "adapters.safetensors"], Names(folder));
        Assert.Equal(File.ReadAllBytes(folder["0000200_adapters.safetensors"]), File.ReadAllBytes(folder["adapters.safetensors"]));
    }

    [Fact]
    public void Originals_are_never_overwritten()
    {
        using TemporaryFolder folder = Copy("swift_llama");
        File.WriteAllText(folder["adapter_config.json.orig"], "first");
        File.WriteAllText(folder["adapter_config.json.orig.2"], "second");
        Assert.True(Repairing.InPlace(folder.Path).IsWritten);
        Assert.Equal("first", File.ReadAllText(folder["adapter_config.json.orig"]));
        Assert.Equal("second", File.ReadAllText(folder["adapter_config.json.orig.2"]));
        Assert.Contains("\"scale\": 2.0", File.ReadAllText(folder["adapter_config.json.orig.3"]));
    }

    [Fact]
    public void A_refused_or_dry_repair_leaves_no_trace()
    {
        using TemporaryFolder folder = Copy("legacy_alpha_ambiguous");
        Assert.False(Repairing.InPlace(folder.Path).IsWritten);
        RepairResult dry = Repairing.InPlace(folder.Path, Repairing.Producer("mlx-lm@0.14.2") with { DryRun = true });
        Assert.True(dry.Succeeded);
        Assert.False(dry.IsWritten);
        Assert.NotEmpty(dry.Changes);
        Assert.Contains("-    \"lora_layers\": 2,", dry.ConfigDiff);
        Assert.Contains("+    \"num_layers\": 2,", dry.ConfigDiff);
        Repairing.AssertSameFiles(Fixtures.Case("legacy_alpha_ambiguous").AdapterFolder, folder.Path);
    }

    [Fact]
    public void An_interrupted_repair_is_told_by_readers_and_finished_by_the_next_repair()
    {
        using TemporaryFolder folder = Copy("legacy_switch_2d");
        using TemporaryFolder whole = Copy("legacy_switch_2d");
        Assert.True(Repairing.InPlace(whole.Path).IsWritten);
        byte[] config = File.ReadAllBytes(whole["adapter_config.json"]), weights = File.ReadAllBytes(whole["adapters.safetensors"]);
        Interrupt(folder.Path, ("adapter_config.json", config), ("adapters.safetensors", weights));

        Assert.Equal(["adapters.safetensors"], Names(folder).Where(name => !name.EndsWith(".orig", StringComparison.Ordinal)));
        using var output = new TemporaryFolder();
        Assert.Contains(
            Repairing.Run(folder.Path, output["out"]).Findings, finding => finding.Code == ContainerCodes.Unfinished && finding.Severity == Severity.Error);
        Assert.False(Path.Exists(output["out"]));

        RepairResult result = Repairing.InPlace(folder.Path);
        Assert.True(result.Succeeded, string.Join(Environment.NewLine, result.Findings));
        Assert.Contains(result.Findings, finding => finding.Code == TargetCodes.Recovered);
        Assert.Equal(Names(whole), Names(folder));
        Assert.Equal(config, File.ReadAllBytes(folder["adapter_config.json"]));
        Assert.Equal(weights, File.ReadAllBytes(folder["adapters.safetensors"]));
        Assert.Empty(Directory.GetDirectories(folder.Path));
    }

    [Fact]
    public void A_conversion_to_the_folder_finishes_an_interrupted_repair_and_says_so()
    {
        using TemporaryFolder folder = Copy("legacy_switch_2d");
        Interrupt(folder.Path, ("adapter_config.json", "{}"u8.ToArray()), ("adapters.safetensors", "{}"u8.ToArray()));
        using IAdapterSource source = AdapterSource.Open(Fixtures.Case("swift_llama").AdapterFolder);
        using IAdapterSink sink = AdapterSink.Folder(folder.Path, new Formats.Files.AtomicFolderOptions { Overwrite = true });
        RepairResult result = AdapterRepair.Of(source).WriteTo(sink).Run(TestContext.Current.CancellationToken);
        Assert.True(result.IsWritten);
        Assert.Contains(result.Findings, finding => finding.Code == TargetCodes.Recovered);
        Assert.Equal(["adapter_config.json", "adapter_config.json.orig", "adapters.safetensors", "adapters.safetensors.orig"], Names(folder));
    }

    // As a run that was killed after the config had moved aside; another machine's boot lies between.
    private static void Interrupt(string folder, params (string Name, byte[] Content)[] files)
    {
        using Formats.Files.FolderEdit edit = Formats.Files.FolderEdit.Create(folder);
        foreach ((string name, byte[] content) in files)
        {
            using Formats.Files.IByteSink file = edit.CreateFile(name);
            file.Write(0, content);
        }

        string[] names = [.. files.Select(file => file.Name)];
        string work = Directory.GetDirectories(folder, ".transfuse-edit.*")[0];
        string copy = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        Directory.Move(work, copy);
        edit.Dispose();
        Directory.Move(copy, work);
        File.WriteAllText(
            Path.Combine(work, "names"),
            string.Concat(
                names.Select(name => name + ".orig")
                    .Append(string.Empty)
                    .Concat(names)
                    .Append(string.Empty)
                    .Concat(names)
                    .Append("whole")
                    .Select(name => name + '\0')));
        File.Move(Path.Combine(folder, names[0]), Path.Combine(folder, names[0] + ".orig"));
    }

    [Fact]
    public void A_cancelled_repair_leaves_no_file_behind()
    {
        using TemporaryFolder folder = Copy("legacy_switch_2d");
        using IAdapterSource source = AdapterSource.Open(folder.Path);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => AdapterRepair.Of(source).InPlace().Run(cancelled.Token));
        Repairing.AssertSameFiles(Fixtures.Case("legacy_switch_2d").AdapterFolder, folder.Path);
    }

    [Fact]
    public void What_was_replaced_is_put_back_where_a_later_file_cannot_take_its_place()
    {
        using TemporaryFolder folder = Copy("swift_llama");
        string before = File.ReadAllText(folder["adapter_config.json"]);
        Directory.CreateDirectory(folder["new.json"]);
        using (var sink = new InPlaceAdapterSink(folder.Path, durable: false) { Superseded = ["adapters.safetensors"] })
        {
            sink.Begin(new AdapterInputs());
            foreach (string name in new[] { "adapter_config.json", "first.json", "new.json" })
            {
                using Formats.Files.IByteSink file = sink.Create(name, null);
                file.Write(0, "{}"u8);
            }

            Assert.ThrowsAny<IOException>(sink.Commit);
        }

        Assert.Equal(before, File.ReadAllText(folder["adapter_config.json"]));
        Assert.Equal(["adapter_config.json", "adapters.safetensors"], Names(folder));
    }

    [Fact]
    public void A_named_adapter_is_repaired_in_its_own_folder()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["style"]);
        foreach (string file in Directory.GetFiles(Fixtures.Case("swift_llama").AdapterFolder))
        {
            File.Copy(file, Path.Combine(folder["style"], Path.GetFileName(file)));
        }

        Assert.True(Repairing.InPlace(folder.Path).IsWritten);
        Assert.Empty(Directory.GetFiles(folder.Path));
        Assert.True(File.Exists(Path.Combine(folder["style"], "adapter_config.json.orig")));
    }

    [Fact]
    public void What_is_no_folder_cannot_be_repaired_in_place()
    {
        using IAdapterSource source = AdapterSource.FromMemory(
            "adapter",
            Directory.GetFiles(Fixtures.Case("swift_llama").AdapterFolder).ToDictionary(
                file => Path.GetFileName(file), file => new ReadOnlyMemory<byte>(File.ReadAllBytes(file))));
        Assert.Throws<InvalidOperationException>(() => AdapterRepair.Of(source).InPlace().Run());
        Assert.Throws<InvalidOperationException>(() => AdapterRepair.Of(source).Run());
    }

    [Fact]
    public void Durable_writes_the_same()
    {
        using TemporaryFolder folder = Copy("swift_llama");
        using IAdapterSource source = AdapterSource.Open(folder.Path);
        Assert.True(AdapterRepair.Of(source).InPlace(durable: true).Run().IsWritten);
        Assert.True(MlxLmLoader.Load(folder.Path, MlxBase.Fixture("llama")).LoadsAsIntended);
    }

    private static string[] Names(TemporaryFolder folder) =>
        [.. Directory.GetFiles(folder.Path).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    private static TemporaryFolder Copy(string name)
    {
        var folder = new TemporaryFolder();
        foreach (string file in Directory.GetFiles(Fixtures.Case(name).AdapterFolder))
        {
            File.Copy(file, folder[Path.GetFileName(file)]);
        }

        return folder;
    }
}
