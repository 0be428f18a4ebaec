namespace Transfuse.Conversion.Stages.RemapKeys;

/// <summary>See <see cref="StageNames.RemapKeys"/>. How names are taken apart is the dialect's: <c>PeftTensorName</c>, <c>MlxTensorName</c>.</summary>
internal sealed class RemapKeysStage : IPipelineStage
{
    public string Name => StageNames.RemapKeys;

    public void Run(PipelineState state) => state.Reading!.RemapKeys(state.Log);
}
