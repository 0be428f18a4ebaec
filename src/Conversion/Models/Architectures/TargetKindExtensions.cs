using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Models.Architectures;

/// <summary>What the kinds of MLX modules are called elsewhere.</summary>
internal static class TargetKindExtensions
{
    /// <summary>The class of MLX, as it is named there.</summary>
    public static string MlxClass(this TargetKind kind) => kind switch
    {
        TargetKind.Switch => "SwitchLinear",
        TargetKind.Embedding => "Embedding",
        _ => "Linear",
    };

    /// <summary>The kind of module of a neutral adapter.</summary>
    public static ModuleKind ModuleKind(this TargetKind kind) => kind switch
    {
        TargetKind.Switch => Metadata.Adapters.ModuleKind.Experts,
        TargetKind.Embedding => Metadata.Adapters.ModuleKind.Embedding,
        _ => Metadata.Adapters.ModuleKind.Linear,
    };
}
