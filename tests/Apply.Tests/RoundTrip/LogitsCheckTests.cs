using Transfuse.Apply.Backends.Managed;
using Transfuse.Apply.RoundTrip;
using Transfuse.Conversion;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Stages;
using Transfuse.Formats.Files;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.RoundTrip;

/// <summary>
/// The look at logits inside a conversion: a right one is written, a writer that makes a plain converter's mistake is refused and leaves nothing.
/// </summary>
public class LogitsCheckTests
{
    private static readonly FixtureCase Llama = Fixtures.Case("llama_all_linear");
    private static readonly FixtureCase Mixtral = Fixtures.Case("mixtral_params");

    [Fact]
    public void A_right_conversion_is_written_and_its_logits_are_equal()
    {
        using var folder = new TemporaryFolder();
        var check = new LogitsCheck(BaseModel.FromFolder(Llama.BaseFolder), () => new ManagedBackend());

        ConversionResult result = Convert(Llama, folder, check);

        Assert.True(result.IsWritten);
        Assert.NotNull(result.Comparison);
        Assert.Equal(0, check.Comparison!.LargestError);
        Assert.Equal(32, check.Comparison.Positions);
        Assert.True(File.Exists(Path.Combine(folder["out"], "adapters.safetensors")));
    }

    [Fact]
    public void A_cast_may_change_what_it_changes_and_no_more()
    {
        using var folder = new TemporaryFolder();
        LogitsCheck Check(DType? cast) => new(BaseModel.FromFolder(Llama.BaseFolder), () => new ManagedBackend()) { Cast = cast };
        LogitsCheck told = Check(DType.BF16);

        Assert.True(Convert(Llama, folder, told, new ConversionOptions { DType = DType.BF16 }).IsWritten);
        Assert.InRange(told.Comparison!.RelativeError, LogitsComparison.Rounding, 0.2);
        Assert.Equal(2 * told.Comparison.RelativeError, told.Allowed, 1e-6);
        Assert.False(Convert(Llama, folder, Check(null), new ConversionOptions { DType = DType.BF16 }).IsWritten);
    }

    [Theory]
    [InlineData("no transpose", "layer 0")]
    [InlineData("alpha for scale", "layer 0")]
    [InlineData("gate and up swapped", "layer 0")]
    [InlineData("one layer off", "layer 0")]
    [InlineData("an expert permuted", "layer 2")]
    public void A_broken_writer_is_refused_and_nothing_is_written(string mistake, string layer)
    {
        FixtureCase recorded = mistake == "an expert permuted" ? Mixtral : Llama;
        using var folder = new TemporaryFolder();
        var check = new LogitsCheck(BaseModel.FromFolder(recorded.BaseFolder), () => new ManagedBackend());

        ConversionResult result = Convert(recorded, folder, new BrokenWriter(check, adapter => Break(adapter, mistake)));

        Assert.False(result.IsWritten);
        Assert.False(result.Succeeded);
        Finding finding = Assert.Single(result.Findings, finding => finding.Severity == Severity.Error);
        Assert.Equal(ApplyCodes.LogitsDiffer, finding.Code);
        Assert.EndsWith($"the two part at {layer}", finding.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_base_that_cannot_be_run_refuses_and_nothing_is_written()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["base"]);
        File.Copy(Path.Combine(Llama.BaseFolder, "config.json"), Path.Combine(folder["base"], "config.json"));

        ConversionResult result = Convert(Llama, folder, new LogitsCheck(BaseModel.FromFolder(folder["base"]), () => new ManagedBackend()));

        Assert.Equal(ApplyCodes.ModelNotRun, Assert.Single(result.Findings, finding => finding.Severity == Severity.Error).Code);
        Assert.False(Directory.Exists(folder["out"]));
    }

    private static ConversionResult Convert(FixtureCase recorded, TemporaryFolder folder, IPipelineCheck check, ConversionOptions? options = null)
    {
        using IAdapterSource source = AdapterSource.Open(recorded.AdapterFolder);
        using IAdapterSink sink = AdapterSink.Folder(folder["out"], new AtomicFolderOptions { Overwrite = true });
        return AdapterPipeline.From(source).To(TargetProfile.MlxLm).WithOptions(options ?? ConversionOptions.Default)
            .WithBase(BaseModel.FromFolder(recorded.BaseFolder)).WithCheck(check).WriteTo(sink).Run();
    }

    private static Adapter Break(Adapter adapter, string mistake)
    {
        Adapter Each(Func<AdapterModule, AdapterModule> change) => adapter with { Modules = [.. adapter.Modules.Select(change)] };
        ModulePath Sibling(AdapterModule module, string leaf) => ModulePath.Parse(module.Path.Text[..^module.Path.Leaf.Length] + leaf);
        return mistake switch
        {
            "no transpose" => Each(module => module with { A = module.A.Reshape(new TensorShape(module.A.Shape[1], module.A.Shape[0])).Transpose() }),
            "alpha for scale" => Each(module => module with { Scale = module.Scale * module.Rank }),
            "gate and up swapped" => Each(module => module.Path.Leaf switch
            {
                "gate_proj" => module with { Path = Sibling(module, "up_proj") },
                "up_proj" => module with { Path = Sibling(module, "gate_proj") },
                _ => module,
            }),
            "one layer off" =>
                Each(module => module with { Path = ModulePath.Parse($"{module.Path.LayersRoot}.{(module.Path.Layer + 1) % 3}.{module.Path.Relative}") }),
            _ => Each(module => module.Path is { Layer: 2, Relative: "block_sparse_moe.switch_mlp.down_proj" } ? Permuted(module) : module),
        };
    }

    private static AdapterModule Permuted(AdapterModule module)
    {
        long[] order = [1, 0, .. Enumerable.Range(2, (int)module.A.Shape[0] - 2).Select(expert => (long)expert)];
        return module with { A = module.A.Gather(0, order), B = module.B.Gather(0, order) };
    }

    // What is read back is what a writer with a mistake would have written.
    private sealed class BrokenWriter(IPipelineCheck check, Func<Adapter, Adapter> mistake) : IPipelineCheck
    {
        public void Run(Adapter source, Adapter output, FindingLog log, CancellationToken cancellationToken) =>
            check.Run(source, mistake(output), log, cancellationToken);
    }
}
