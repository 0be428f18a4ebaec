namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>Why a module has no counterpart on the other side.</summary>
internal enum MappingGap
{
    /// <summary>It has one.</summary>
    None,

    /// <summary>Nothing of the model is mapped.</summary>
    RefusedModel,

    /// <summary>The model has no such module.</summary>
    UnknownModule,

    /// <summary>The model has fewer layers.</summary>
    LayerOutOfRange,

    /// <summary>The model has fewer experts.</summary>
    ExpertOutOfRange,

    /// <summary>MLX cannot adapt it.</summary>
    CannotAdapt,

    /// <summary>It has no effect in the model.</summary>
    WithoutEffect,

    /// <summary>The model's head is its embedding.</summary>
    TiedHead,

    /// <summary>The layout that is asked for has no such module.</summary>
    NoCounterpart,

    /// <summary>It stands for several parameters.</summary>
    Ambiguous,

    /// <summary>The base's configuration would tell.</summary>
    NeedsBaseConfig,

    /// <summary>The factor that scales its weight is of no use.</summary>
    BadScale,
}
