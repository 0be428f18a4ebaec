using System.Collections.Immutable;
using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Readers;
using Transfuse.Formats.Files;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Checking;

/// <summary>One folder before all readers at once: each file is read once, and each reader says what it says alone.</summary>
public class SeveralReadersTests
{
    [Theory]
    [InlineData("llama_qv", "bases/llama")]
    [InlineData("qwen3_moe_params", "bases/qwen3_moe")]
    [InlineData("mlx_llama_dora", "bases-mlx/llama")]
    [InlineData("unsloth_llama", "bases-mlx/llama")]
    public void Weights_are_opened_once_and_the_config_parsed_once(string name, string baseFolder)
    {
        using var source = new CountingSource(AdapterSource.Open(Fixtures.Case(name).AdapterFolder));
        var options = new CheckOptions { Base = BaseModel.FromFolder(Path.Combine(Fixtures.Root, baseFolder)) };
        ImmutableArray<CheckResult> together = AdapterChecker.CheckAll(source, [.. TargetProfile.All], options, TestContext.Current.CancellationToken);
        Assert.Equal(TargetProfile.All.Select(profile => profile.Name), together.Select(result => result.Reader));
        Assert.Equal(7, together.Length);

        // The config is looked at for a byte order mark too.
        Assert.All(source.Opened, file => Assert.InRange(file.Value, 1, file.Key == "adapter_config.json" ? 2 : 1));
        Assert.Equal(2, source.Opened["adapter_config.json"]);
        foreach (CheckResult result in together)
        {
            using IAdapterSource alone = AdapterSource.Open(Fixtures.Case(name).AdapterFolder);
            CheckResult single = AdapterChecker.Check(alone, TargetProfile.Find(result.Reader)!, options, TestContext.Current.CancellationToken);
            Assert.Equal(single.Verdict, result.Verdict);
            Assert.Equal(single.Findings.Select(finding => finding.ToString()), result.Findings.Select(finding => finding.ToString()));
        }
    }

    [Fact]
    public void What_only_some_readers_take_is_told_to_each_in_its_way()
    {
        using var folder = new TemporaryFolder();
        string copy = folder["in"];
        Directory.CreateDirectory(copy);
        string original = Fixtures.Case("mlx_llama_qv").AdapterFolder;
        File.WriteAllBytes(
            Path.Combine(copy, "adapters.safetensors"), [.. File.ReadAllBytes(Path.Combine(original, "adapters.safetensors")), 1, 2, 3]);
        string config = File.ReadAllText(Path.Combine(original, "adapter_config.json"));
        File.WriteAllText(Path.Combine(copy, "adapter_config.json"), config[..config.LastIndexOf('}')] + ", \"seed\": 1, \"seed\": 2}");
        foreach (TargetProfile[] order in new[] { TargetProfile.All.ToArray(), [.. TargetProfile.All.Reverse()] })
        {
            using IAdapterSource source = AdapterSource.Open(copy);
            foreach (CheckResult result in AdapterChecker.CheckAll(source, order, CheckOptions.Default, TestContext.Current.CancellationToken))
            {
                CheckResult alone = ReaderRun.Check(copy, result.Reader);
                Assert.Equal(alone.Findings.Select(finding => finding.ToString()), result.Findings.Select(finding => finding.ToString()));
            }
        }
    }

    private sealed class CountingSource(IAdapterSource inner) : IAdapterSource
    {
        public Dictionary<string, int> Opened { get; } = new(StringComparer.Ordinal);

        public string Name => inner.Name;

        public ImmutableArray<string> FileNames => inner.FileNames;

        public ImmutableArray<string> NestedAdapters => inner.NestedAdapters;

        public IByteSource Open(string fileName)
        {
            Opened[fileName] = Opened.GetValueOrDefault(fileName) + 1;
            return inner.Open(fileName);
        }

        public IAdapterSource OpenNested(string folderName) => inner.OpenNested(folderName);

        public void Dispose() => inner.Dispose();
    }
}
