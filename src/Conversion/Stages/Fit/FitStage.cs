using Transfuse.Conversion.Stages.Read;

namespace Transfuse.Conversion.Stages.Fit;

/// <summary>See <see cref="StageNames.Fit"/>.</summary>
internal sealed class FitStage : IPipelineStage
{
    public string Name => StageNames.Fit;

    public void Run(PipelineState state)
    {
        state.Unfitted = state.Adapter;
        if (FitTarget.Apply(new ReadResult(state.Adapter!, state.Dialect!, state.Content!), state.Target, state.Run) is { } fitted)
        {
            state.Adapter = fitted;
        }
    }
}
