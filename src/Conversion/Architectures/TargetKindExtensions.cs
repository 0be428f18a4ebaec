namespace Transfuse.Conversion.Architectures;

/// <summary>How MLX calls the kinds of modules.</summary>
internal static class TargetKindExtensions
{
    /// <summary>The class of MLX, as it is named there.</summary>
    public static string MlxClass(this TargetKind kind) => kind switch
    {
        TargetKind.Switch => "SwitchLinear",
        TargetKind.Embedding => "Embedding",
        _ => "Linear",
    };
}
