namespace Transfuse.Metadata.Peft;

/// <summary>How a config names modules.</summary>
internal enum PeftModuleSelectorKind
{
    /// <summary>No module: <c>exclude_modules</c> is null or empty, or <c>target_modules</c> is null beside <c>target_parameters</c>.</summary>
    None,

    /// <summary>PEFT's own table for the model type: <c>target_modules</c> is null. Cannot be expanded without that table.</summary>
    ModelDefault,

    /// <summary><c>"all-linear"</c>: every Linear and Conv1D except the output head. Cannot be expanded without the model.</summary>
    AllLinear,

    /// <summary>A string: a Python pattern for the whole path.</summary>
    Pattern,

    /// <summary>A list: whole paths, or suffixes that begin after a dot.</summary>
    List,
}
