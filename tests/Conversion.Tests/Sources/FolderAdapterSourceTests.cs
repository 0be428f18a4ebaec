using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Repair;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Sources;

/// <summary>What lies beside an adapter and cannot be read keeps nobody from reading the adapter.</summary>
public class FolderAdapterSourceTests
{
    private const string Q = "model.layers.0.self_attn.q_proj";

    [Theory]
    [InlineData(typeof(UnauthorizedAccessException))]
    [InlineData(typeof(IOException))]
    public void A_folder_that_may_not_be_read_is_named_and_passed_over(Type failure)
    {
        using TemporaryFolder folder = Filled();
        Directory.CreateDirectory(folder["in/closed"]);
        Directory.CreateDirectory(folder["in/open"]);
        File.WriteAllText(folder["in/open/adapter_config.json"], "{}");
        using var source = new FolderAdapterSource(folder["in"], list: path =>
            Path.GetFileName(path) == "closed" ? throw (Exception)Activator.CreateInstance(failure, "denied")! : Directory.EnumerateFiles(path));
        Assert.Equal(["open"], source.NestedAdapters);
        Assert.Equal(["closed"], source.UnreadableFolders);

        using var sink = new MemoryAdapterSink();
        ConversionResult result = AdapterPipeline.From(source).To(TargetProfile.Peft).WriteTo(sink).Run(TestContext.Current.CancellationToken);
        Assert.True(result.IsWritten, string.Join(Environment.NewLine, result.Findings));
        Finding finding = Assert.Single(result.Findings, finding => finding.Code == ContainerCodes.FolderUnreadable);
        Assert.Equal((Severity.Information, Path.Combine(folder["in"], "closed")), (finding.Severity, finding.Subject));
    }

    [Fact]
    public void Links_that_lead_nowhere_or_to_themselves_fail_nothing()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        using TemporaryFolder folder = Filled();
        File.CreateSymbolicLink(folder["in/README.md"], "gone");
        File.CreateSymbolicLink(folder["in/value_head.safetensors"], "gone");
        File.CreateSymbolicLink(folder["in/loop"], "loop");
        File.CreateSymbolicLink(folder["in/tokenizer.json"], "tokenizer.json");
        Directory.CreateSymbolicLink(folder["in/self"], ".");

        RepairResult repaired = Repairing.Must(folder["in"], folder["repaired"]);
        Assert.Equal(4, repaired.Findings.Count(finding => finding.Code == TargetCodes.SideFileLeftOut));
        Assert.Equal(["adapter_config.json", "adapter_model.safetensors"], Directory.GetFiles(folder["repaired"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        using IAdapterSource source = AdapterSource.Open(folder["in"]);
        using var sink = new MemoryAdapterSink();
        ConversionResult converted = AdapterPipeline.From(source).To(TargetProfile.Peft).WriteTo(sink).Run(TestContext.Current.CancellationToken);
        Assert.True(converted.IsWritten);
        Assert.Contains("it cannot be read", Assert.Single(converted.Findings, finding => finding.Code == ContainerCodes.SideWeights).Message, StringComparison.Ordinal);
        Assert.Single(AdapterInspector.Inspect(source, cancellationToken: TestContext.Current.CancellationToken).Adapter!.Modules);
    }

    private static TemporaryFolder Filled()
    {
        var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["in"]);
        SmallAdapter adapter = SmallAdapter.Peft().Set("target_modules", "[\"q_proj\"]");
        adapter.Pair(Q, 8, 6);
        foreach ((string name, ReadOnlyMemory<byte> bytes) in adapter.Files())
        {
            File.WriteAllBytes(folder["in/" + name], bytes.ToArray());
        }

        return folder;
    }
}
