using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Stages;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>The stages of a conversion as a library user sees them: listed, inserted, ended after.</summary>
public class StageTests
{
    private static readonly string[] All = ["Read", "RemapKeys", "Transpose", "Infer", "Fit", "Enrich", "Write"];

    [Fact]
    public void Every_stage_is_listed_with_what_there_was_after_it()
    {
        using var sink = new MemoryAdapterSink();
        ConversionResult result = Pipeline().WriteTo(sink).Run(TestContext.Current.CancellationToken);
        Assert.Equal(All, result.Stages.Select(stage => stage.Name));
        Assert.All(result.Stages, stage => Assert.Equal(4, stage.Tensors));
        Assert.Equal([0, 2, 2, 2, 2, 2, 2], result.Stages.Select(stage => stage.Modules));
        // A stage that has nothing to do may take less than a tick.
        Assert.All(result.Stages, stage => Assert.True(stage.Elapsed >= TimeSpan.Zero));
        Assert.True(result.Stages[0].Elapsed > TimeSpan.Zero);
        Assert.True(result.Stages.Sum(stage => stage.Findings) >= result.Findings.Length);
    }

    [Fact]
    public void Output_is_compared_with_the_source_only_where_asked_and_before_it_is_written()
    {
        using var sink = new MemoryAdapterSink();
        ConversionResult result = Pipeline().WriteTo(sink).WithOptions(Identity with { Verify = true }).Run(TestContext.Current.CancellationToken);
        Assert.Equal([.. All[..^1], "RoundTrip", "Write"], result.Stages.Select(stage => stage.Name));
        Assert.Equal(2, result.Comparison!.Modules.Length);
    }

    [Fact]
    public void A_run_ends_after_the_stage_that_was_named_and_writes_nothing()
    {
        foreach (string last in All[..^1])
        {
            ConversionResult result = Pipeline().StopAfter(last).Run(TestContext.Current.CancellationToken);
            Assert.Equal(last, result.Stages[^1].Name);
            Assert.False(result.IsWritten);
            Assert.Equal(Array.IndexOf(All, last) < 3 ? null : 2, result.Target?.Modules.Length);
        }

        ConversionResult inferred = Pipeline().StopAfter(StageNames.Infer).Run(TestContext.Current.CancellationToken);
        Assert.Equal((ModelLayout.HuggingFace, 2, 2.0), (inferred.Target!.Layout, inferred.Target.Modules[0].Rank, inferred.Target.Modules[0].Scale));
        ConversionResult fitted = Pipeline().StopAfter(StageNames.Fit).Run(TestContext.Current.CancellationToken);
        Assert.Equal(ModelLayout.Mlx, fitted.Target!.Layout);
    }

    [Fact]
    public void An_inserted_stage_sees_the_adapter_and_may_replace_it()
    {
        using var sink = new MemoryAdapterSink();
        var keep = new Keep("layers.1.");
        ConversionResult result = Pipeline().Insert(keep, StageNames.Infer).WriteTo(sink).WithOptions(Identity with { Verify = true }).Run(TestContext.Current.CancellationToken);
        Assert.True(result.IsWritten, string.Join(Environment.NewLine, result.Findings));
        Assert.Equal(["Infer", "Keep", "Fit"], result.Stages.Select(stage => stage.Name).ToArray()[3..6]);
        Assert.Equal([2, 1, 1], result.Stages.Select(stage => stage.Modules).ToArray()[3..6]);
        using IAdapterSource written = AdapterSource.FromMemory("written", sink.Files);
        Assert.Equal(["model.layers.1.mlp.up_proj"], AdapterReader.Read(written, cancellationToken: TestContext.Current.CancellationToken).Adapter!.Modules.Select(module => module.FullPath));
        Assert.Equal(2, result.Source!.Modules.Length);
    }

    [Fact]
    public void An_error_of_an_inserted_stage_ends_the_run()
    {
        using var sink = new MemoryAdapterSink();
        ConversionResult result = Pipeline().Insert(new Refuse(), StageNames.Fit).WriteTo(sink).Run(TestContext.Current.CancellationToken);
        Assert.Equal("Refuse", result.Stages[^1].Name);
        Assert.Equal((false, null), (result.IsWritten, result.Target));
        Assert.Empty(sink.Files);
    }

    [Fact]
    public void Stages_that_are_not_there_or_there_already_are_refused_by_name()
    {
        Assert.Contains("it has Read, RemapKeys", Assert.Throws<ArgumentException>("stage", () => Pipeline().StopAfter("Nothing")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("after", () => Pipeline().Insert(new Refuse(), "Nothing"));
        Assert.Throws<ArgumentException>("stage", () => Pipeline().Insert(new Refuse(), StageNames.Fit).Insert(new Refuse(), StageNames.Read));
        Assert.Equal("Refuse", Pipeline().Insert(new Refuse(), StageNames.Fit).StopAfter("Refuse").Run(TestContext.Current.CancellationToken).Stages[^1].Name);
    }

    private static ConversionOptions Identity => new() { ModelType = "identity" };

    private static AdapterPipeline Pipeline()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair("model.layers.0.mlp.up_proj", 6, 4);
        adapter.Pair("model.layers.1.mlp.up_proj", 6, 4);
        return AdapterPipeline.From(adapter.Open()).To(TargetProfile.MlxLm).WithOptions(Identity);
    }

    // As docs/pipeline.md shows it.
    private sealed class Keep(string part) : IPipelineStage
    {
        public string Name => "Keep";

        public void Run(PipelineState state)
        {
            Adapter adapter = state.Adapter!;
            state.Adapter = adapter with { Modules = [.. adapter.Modules.Where(module => module.FullPath.Contains(part, StringComparison.Ordinal))] };
        }
    }

    private sealed class Refuse : IPipelineStage
    {
        public string Name => "Refuse";

        public void Run(PipelineState state) => state.Log.Add(TensorCodes.HalfPair.At("everything", "is refused"));
    }
}
