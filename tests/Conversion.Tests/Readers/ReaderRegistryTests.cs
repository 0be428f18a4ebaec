using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Conversion.Readers;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Readers;

/// <summary>Every profile has one reader and one folder; groups of readers answer for all of theirs.</summary>
public class ReaderRegistryTests
{
    private static readonly string Folder = Path.Combine(Fixtures.RepositoryRoot, "src", "Conversion", "Readers");

    private static Architecture Gemma => ArchitectureTable.Default.Find("gemma3")!;

    [Fact]
    public void Every_profile_has_one_reader() => Assert.Equal(TargetProfile.All, ReaderRegistry.Default.All.Select(reader => reader.Profile));

    [Fact]
    public void Every_reader_has_a_folder_of_its_own() => Assert.All(ReaderRegistry.Default.All, reader =>
    {
        string[] words = [.. reader.Name.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..])];
        string name = string.Concat(words);
        Assert.True(File.Exists(Path.Combine(Folder, name, $"{name}Reader.cs")), name);
    });

    [Theory]
    [InlineData("mlx-lm", false)]
    [InlineData("unsloth", false)]
    [InlineData("mlx-swift", true)]
    [InlineData("mlx-vlm", true)]
    public void Some_readers_hold_models_elsewhere(string name, bool elsewhere)
    {
        Reader reader = ReaderRegistry.Default.Find(name)!;
        Assert.Equal(elsewhere, reader.HoldsElsewhere);
        Assert.Equal(
            elsewhere,
            ArchitectureTable.Default.All.Any(architecture => reader.RootOf(architecture) is { } root && root != architecture.Layers.Mlx));
    }

    [Fact]
    public void An_intersection_is_a_group_of_its_readers()
    {
        ReaderGroup group = ReaderRegistry.Default.GroupOf(TargetProfile.MlxLm.Intersect(TargetProfile.MlxSwift));
        Assert.Equal(["mlx-lm", "mlx-swift"], group.Readers.Select(reader => reader.Name));
        Assert.True(group.CanDiffer);
        Assert.Throws<ArgumentException>("profile", () => ReaderRegistry.Default.Of(TargetProfile.MlxLm.Intersect(TargetProfile.MlxSwift)));
        Assert.Throws<ArgumentException>("target", () => ReaderRegistry.Default.GroupOf(TargetProfile.MlxLm with { Name = "mlx-lm,other" }));
    }

    [Fact]
    public void Roots_that_differ_are_one_error_that_names_both()
    {
        var log = new FindingLog();
        ReaderGroup group = ReaderRegistry.Default.GroupOf(TargetProfile.MlxLm.Intersect(TargetProfile.MlxSwift));
        Assert.NotEqual(Gemma.Layers.Mlx, Gemma.Swift!.Llm);
        Assert.Null(group.CommonRoot(Gemma, log));
        Finding finding = Assert.Single(log.ToSorted());
        Assert.Equal("TF5011", finding.Code.Id);
        Assert.Contains($"{Gemma.Layers.Mlx} in mlx-lm, {Gemma.Swift.Llm} in mlx-swift-lm", finding.Message, StringComparison.Ordinal);
        Assert.Equal(Gemma.Swift.Llm, ReaderRegistry.Default.GroupOf(TargetProfile.MlxSwift).CommonRoot(Gemma, log));
    }

    // Two layers of an adapter's own modules: q in both, and a head.
    [Theory]
    [InlineData("mlx-lm", "q", 1, "m.layers.1.q")]
    [InlineData("mlx-lm", "q", 0, "m.layers.0.q m.layers.1.q")]
    [InlineData("mlx-lm", "m.layers.0.q", 1, "m.layers.0.q")]
    [InlineData("mlx-lm", null, 1, "m.layers.1.q")]
    [InlineData("mlx-lm", "head", 1, "head")]
    [InlineData("unsloth", "head", 1, "head")]
    [InlineData("mlx-swift", "q", 1, "m.layers.1.q")]
    [InlineData("mlx-swift", "q", 0, "")]
    [InlineData("mlx-swift", "m.layers.0.q", 1, "")]
    [InlineData("mlx-swift", null, 2, "m.layers.0.q m.layers.1.q")]
    [InlineData("mlx-vlm", "q", 1, "")]
    [InlineData("mlx-vlm", "m.layers.0.q", 1, "m.layers.0.q")]
    [InlineData("mlx-vlm", null, 1, "m.layers.1.q")]
    public void Reach_is_what_the_reader_wraps(string name, string? key, long numLayers, string wrapped)
    {
        string[] paths = ["head", "m.layers.0.q", "m.layers.1.q"];
        var outline = new AdapterOutline(paths.Select(path => (path, false)), null);
        ModuleReach reach = ReaderRegistry.Default.Find(name)!.Reach(key is null ? null : [key], numLayers, outline, isDora: false, null)!;
        Assert.Equal(wrapped, string.Join(' ', paths.Where(reach.Wraps)));
    }

    [Theory]
    [InlineData("peft")]
    [InlineData("vllm")]
    [InlineData("sglang")]
    public void Readers_of_peft_folders_go_by_targets(string name) =>
        Assert.Null(ReaderRegistry.Default.Find(name)!.Reach([], 1, new AdapterOutline([], null), isDora: false, null));
}
