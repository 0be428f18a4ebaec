using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Stages.Targets;

namespace Transfuse.Conversion.Stages.Enrich;

/// <summary>See <see cref="StageNames.Enrich"/>.</summary>
internal sealed class EnrichStage : IPipelineStage
{
    public string Name => StageNames.Enrich;

    public void Run(PipelineState state)
    {
        Run run = state.Run;
        state.Output = run.Dialects.Of(state.Target.Dialect).Write(state.Adapter!, ContextOf(state), run.Log);
        SideWeights.Report(state.Content!, isCopied: false, run);
        LayerHoles.Report(state.Source!, state.Dialect!.Reach(state.Source!.SourceConfig), run);
        if (!run.Log.HasErrors)
        {
            WrittenCheck.Run(state.Output, state.Target, run);
        }
    }

    // Where mlx-swift-lm's keys start below a module of the layer, the config has them there too.
    private static WriteContext ContextOf(PipelineState state)
    {
        string? keysBelow = ReaderRoots.HasSwift(state.Target) && state.Run.NamedArchitecture is { } architecture ? SwiftLimits.KeysBelow(architecture) : null;
        return new WriteContext(state.Target, state.Run.BaseLayers ?? state.Adapter!.LayerCount, keysBelow, state.Stays);
    }
}
