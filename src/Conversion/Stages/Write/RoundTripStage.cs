namespace Transfuse.Conversion.Stages.Write;

/// <summary>See <see cref="StageNames.RoundTrip"/>.</summary>
internal sealed class RoundTripStage : IPipelineStage
{
    public string Name => StageNames.RoundTrip;

    public void Run(PipelineState state) => state.Comparison = RoundTrip.Check(state.Unfitted!, state.Target, state.Output!, state.Checks, state.Run);
}
