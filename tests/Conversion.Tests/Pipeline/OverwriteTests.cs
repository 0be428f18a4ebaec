using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>What <c>--overwrite</c> takes away: files of an adapter, and nothing else.</summary>
public class OverwriteTests
{
    [Theory]
    [InlineData("convert")]
    [InlineData("repair")]
    public void Files_of_an_adapter_of_any_dialect_go_and_everything_else_stays(string verb)
    {
        using var folder = new TemporaryFolder();
        string source = Copy("swift_llama", folder["in"]);
        string output = Directory.CreateDirectory(folder["out"]).FullName;
        foreach (string name
            in new[]
            {
                "adapter_config.json",
                "adapter_model.safetensors",
                "adapter_model.bin",
                "adapters.npz",
                "notes.txt",
                "0000100_adapters.safetensors",
                "adapter_config.json.orig",
            })
        {
            File.WriteAllText(Path.Combine(output, name), "theirs");
        }

        Directory.CreateDirectory(Path.Combine(output, "checkpoint-5"));
        File.WriteAllText(Path.Combine(output, "checkpoint-5", "adapter_config.json"), "theirs");

        Assert.Empty(Errors(Write(verb, source, output)));
        string[] kept = ["0000100_adapters.safetensors", "adapter_config.json.orig", "checkpoint-5/adapter_config.json", "notes.txt"];
        Assert.Equal([.. kept, .. new[] { "adapter_config.json", "adapters.safetensors" }.Except(kept)],
            Directory.EnumerateFiles(output, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(output, path))
                .OrderBy(name => !kept.Contains(name))
                .ThenBy(name => name, StringComparer.Ordinal));
        Assert.All(kept, name => Assert.Equal("theirs", File.ReadAllText(Path.Combine(output, name))));
        Assert.Equal(["in", "out"], Names(folder));
    }

    [Theory]
    [InlineData("in/mine", "in", true)]
    [InlineData("in/mine/deep", "in", true)]
    [InlineData("in/mine", "in/mine", false)]
    [InlineData("link", "in", true)]
    [InlineData("out", "in", false)]
    public void An_output_that_holds_the_source_is_refused_and_one_that_is_the_source_is_not(string source, string output, bool isRefused)
    {
        using var folder = new TemporaryFolder();
        Copy("swift_llama", folder["in"]);
        Copy("swift_llama", folder["in/mine"]);
        Copy("swift_llama", folder["in/mine/deep"]);
        Copy("swift_llama", folder["out"]);
        Directory.CreateSymbolicLink(folder["link"], folder["in/mine"]);
        foreach (string verb in new[] { "convert", "repair" })
        {
            Finding[] errors = Errors(Write(verb, folder[source], folder[output]));
            Assert.Equal(isRefused ? ["TF5016"] : [], errors.Select(error => error.Code.Id));
            Assert.All(errors, error => Assert.Contains("which is read for it", error.Message));
            Assert.True(File.Exists(folder["in/mine/deep/adapters.safetensors"]));
            Assert.True(File.Exists(folder["in/mine/adapters.safetensors"]));
        }
    }

    [Theory]
    [InlineData("base")]
    [InlineData("around")]
    public void An_output_that_is_or_holds_the_base_is_refused(string output)
    {
        using var folder = new TemporaryFolder();
        Copy("swift_llama", folder["in"]);
        Copy("swift_llama", folder["around"]);
        Copy("swift_llama", folder["base"]);
        foreach (string name in new[] { "base", "around/base" })
        {
            Directory.CreateDirectory(folder[name]);
            File.Copy(Path.Combine(Fixtures.HfBaseFolder("llama"), "config.json"), Path.Combine(folder[name], "config.json"));
        }

        string model = output == "base" ? "base" : "around/base";
        foreach (string verb in new[] { "convert", "repair" })
        {
            Assert.Equal(["TF5016"], Errors(Write(verb, folder["in"], folder[output], folder[model])).Select(error => error.Code.Id));
            Assert.True(File.Exists(Path.Combine(folder[model], "config.json")));
        }
    }

    [Fact]
    public void A_side_file_that_the_output_has_otherwise_is_kept_and_named()
    {
        using var folder = new TemporaryFolder();
        Copy("swift_llama", folder["in"]);
        Copy("swift_llama", folder["out"]);
        foreach ((string name, string text)
            in new[] { ("in/notes.txt", "new"), ("out/notes.txt", "mine"), ("in/same.txt", "same"), ("out/same.txt", "same"), ("in/fresh.txt", "new") })
        {
            File.WriteAllText(folder[name], text);
        }

        Finding[] named = [.. Write("repair", folder["in"], folder["out"]).Where(finding => finding.Code == TargetCodes.SideFileKept)];
        Assert.Equal(["notes.txt"], named.Select(finding => finding.Subject));
        Assert.Equal(
            ("mine", "same", "new"),
            (File.ReadAllText(folder["out/notes.txt"]), File.ReadAllText(folder["out/same.txt"]), File.ReadAllText(folder["out/fresh.txt"])));
    }

    [Fact]
    public void A_folder_that_appears_while_the_output_is_written_is_not_replaced()
    {
        using var folder = new TemporaryFolder();
        Copy("swift_llama", folder["in"]);
        using IAdapterSink sink = AdapterSink.Folder(folder["out"]);
        using IAdapterSource source = AdapterSource.Open(folder["in"]);
        ConversionResult result = AdapterPipeline.From(source).To(TargetProfile.MlxLm).WriteTo(
            new LateSink(sink, () => Directory.CreateDirectory(folder["out"]))).Run(TestContext.Current.CancellationToken);
        Assert.False(result.IsWritten);
        Assert.Equal(["TF5016"], Errors(result.Findings).Select(error => error.Code.Id));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder["out"]));
    }

    [Fact]
    public void Permissions_follow_the_originals()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("There are no such permissions.");
            return;
        }

        using var folder = new TemporaryFolder();
        Copy("swift_llama", folder["in"]);
        File.WriteAllText(folder["in/notes.txt"], "mine");
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.SetUnixFileMode(folder["in"], Private | UnixFileMode.UserExecute);
        File.SetUnixFileMode(folder["in/adapters.safetensors"], Private);
        File.SetUnixFileMode(folder["in/adapter_config.json"], Private);
        File.SetUnixFileMode(folder["in/notes.txt"], UnixFileMode.UserRead);
        Assert.Empty(Errors(Write("convert", folder["in"], folder["converted"])));
        Assert.Empty(Errors(Write("repair", folder["in"], folder["repaired"])));
        foreach (string output in new[] { "converted", "repaired" })
        {
            Assert.Equal(Private | UnixFileMode.UserExecute, File.GetUnixFileMode(folder[output]));
            Assert.Equal(Private, File.GetUnixFileMode(folder[$"{output}/adapters.safetensors"]));
            Assert.Equal(Private, File.GetUnixFileMode(folder[$"{output}/adapter_config.json"]));
        }

        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(folder["repaired/notes.txt"]));
    }

    private static Finding[] Errors(IEnumerable<Finding> findings) => [.. findings.Where(finding => finding.Severity == Severity.Error)];

    private static IEnumerable<Finding> Write(string verb, string input, string output, string? model = null)
    {
        using IAdapterSource source = AdapterSource.Open(input);
        using IAdapterSink sink = AdapterSink.Folder(output, new AtomicFolderOptions { Overwrite = true });
        ConversionOptions options = ConversionOptions.Default with { Base = model is null ? null : BaseModel.FromFolder(model) };
        return verb == "convert"
            ? AdapterPipeline.From(source).To(TargetProfile.MlxLm).WithOptions(options).WriteTo(sink).Run(TestContext.Current.CancellationToken).Findings
            : AdapterRepair.Of(source).WithOptions(options).WriteTo(sink).Run(TestContext.Current.CancellationToken).Findings;
    }

    private static IEnumerable<string> Names(TemporaryFolder folder) =>
        Directory.EnumerateFileSystemEntries(folder.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private static string Copy(string fixture, string target)
    {
        Directory.CreateDirectory(target);
        foreach (string file in Directory.GetFiles(Fixtures.Case(fixture).AdapterFolder))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        return target;
    }

    // Another run is first.
    private sealed class LateSink(IAdapterSink sink, Action before) : IAdapterSink
    {
        public void Begin(AdapterInputs inputs) => sink.Begin(inputs);

        public IByteSink Create(string fileName, UnixFileMode? permissions) => sink.Create(fileName, permissions);

        public void Commit()
        {
            before();
            sink.Commit();
        }

        public void Dispose() => sink.Dispose();
    }
}
