namespace Transfuse.Conversion.Stages.Transpose;

/// <summary>
/// See <see cref="StageNames.Transpose"/>. PEFT's factors are canonical; MLX's are the other way round, and its experts were flat before mlx-lm 0.28.3.
/// </summary>
internal sealed class TransposeStage : IPipelineStage
{
    public string Name => StageNames.Transpose;

    public void Run(PipelineState state) => state.Reading!.Transpose(state.Log);
}
