namespace Transfuse.Metadata.Peft;

/// <summary>What PEFT does with a module.</summary>
internal enum PeftTargetVerdict
{
    /// <summary>Nothing names it.</summary>
    NotTargeted,

    /// <summary><c>exclude_modules</c> names it.</summary>
    Excluded,

    /// <summary><c>modules_to_save</c> names it or a module around it, so it is replaced and not adapted.</summary>
    Saved,

    /// <summary><c>target_modules</c> names it, but <c>layers_to_transform</c> does not have its layer.</summary>
    OutsideLayers,

    /// <summary>It is adapted.</summary>
    Targeted,

    /// <summary>It is adapted or not depending on the model, which the config does not tell: <c>"all-linear"</c>, or the table for the model type.</summary>
    DependsOnModel,
}
