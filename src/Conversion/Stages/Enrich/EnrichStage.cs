using Transfuse.Conversion.Dialects;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Stages.Enrich;

/// <summary>See <see cref="StageNames.Enrich"/>.</summary>
internal sealed class EnrichStage : IPipelineStage
{
    public string Name => StageNames.Enrich;

    public void Run(PipelineState state)
    {
        Run run = state.Run;
        state.Output = run.Dialects.Of(state.Target.Dialect).Write(state.Adapter!, ContextOf(state.Adapter!, state.Target, state.Stays, run), run.Log);
        SideWeights.Report(state.Content!, isCopied: false, run);
        LayerHoles.Report(state.Source!, state.Dialect!.Reach(state.Source!.SourceConfig), run);
        if (!run.Log.HasErrors)
        {
            WrittenCheck.Run(state.Output, state.Target, run);
        }
    }

    /// <summary>What a writer needs to know. Where mlx-swift-lm's keys start below a module of the layer, the config has them there too.</summary>
    public static WriteContext ContextOf(Adapter adapter, TargetProfile target, bool stays, Run run)
    {
        string? keysBelow = run.NamedArchitecture is { } architecture ? run.Readers.GroupOf(target).KeysBelow(architecture) : null;
        return new WriteContext(target, run.BaseLayers ?? adapter.LayerCount, keysBelow, stays);
    }
}
