using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Stages.Read;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Infer;

/// <summary>
/// See <see cref="StageNames.Infer"/>. What is in doubt elsewhere only, and what has no form elsewhere, stays as it is where the adapter stays in its dialect.
/// </summary>
internal sealed class InferStage : IPipelineStage
{
    public string Name => StageNames.Infer;

    public void Run(PipelineState state)
    {
        DialectReading reading = state.Reading!;
        if (reading.Infer(state.Log) is not { } adapter)
        {
            return;
        }

        state.Log.AddRange(state.Stays ? reading.Doubts.Select(Demote) : reading.Doubts);
        state.Log.AddRange(reading.Lacks(state.Stays));
        state.Source = state.Adapter = state.Stays ? adapter : reading.AsLora(adapter, ReadAdapter.Methods(state.Run), state.Log);
    }

    private static Finding Demote(Finding finding) => finding.Severity == Severity.Error ? finding with { Severity = Severity.Warning } : finding;
}
