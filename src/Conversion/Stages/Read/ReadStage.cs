namespace Transfuse.Conversion.Stages.Read;

/// <summary>See <see cref="StageNames.Read"/>.</summary>
internal sealed class ReadStage : IPipelineStage
{
    public string Name => StageNames.Read;

    public void Run(PipelineState state)
    {
        Run run = state.Run;
        state.Content = OpenAdapter.Open(state.Files, run);
        if (state.Content is null || run.Dialects.Detect(state.Content, run.Log) is not var (dialect, content))
        {
            return;
        }

        (state.Dialect, state.Content) = (dialect, content);
        if ((state.Reading = dialect.Read(content, ReadAdapter.Options(overrides: true, run), run.Log)) is { } reading)
        {
            run.Log.AddRange(reading.Unasked(ReadAdapter.Given(run)));
            run.Log.AddRange(state.Stays ? [] : reading.Obstacles);
            run.Log.AddRange(run.Log.HasErrors ? [] : reading.Surroundings);
        }
    }
}
