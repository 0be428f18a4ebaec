using Transfuse.Conversion.Dialects;

namespace Transfuse.Conversion.Stages.Write;

/// <summary>See <see cref="StageNames.Write"/>. A dry run ends here. A weights file that would be the source's is copied.</summary>
internal sealed class WriteStage : IPipelineStage
{
    public string Name => StageNames.Write;

    public void Run(PipelineState state)
    {
        if (!state.Options.DryRun)
        {
            OutputFolder output = UnchangedWeights.Copy(state.Output!, state.Content!);
            state.IsWritten = WriteFolder.Write(output, state.Run.Dialects.Of(state.Target.Dialect), state.Content!, state.Sink!, state, state.Run);
        }
    }
}
