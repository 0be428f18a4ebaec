namespace Transfuse.Apply.Models;

/// <summary>Why a model cannot be run.</summary>
/// <seealso cref="Transfuse.Apply.Models.ModelException" />
public enum ModelError
{
    /// <summary>The folder has no config.json or no weights.</summary>
    FileMissing,

    /// <summary>The model type is unknown, or known but not run.</summary>
    TypeNotRun,

    /// <summary>A field of the config is missing.</summary>
    FieldMissing,

    /// <summary>A field of the config has a value that makes no model.</summary>
    FieldInvalid,

    /// <summary>A setting of the config that is not run.</summary>
    SettingNotRun,

    /// <summary>A tensor of the model is missing.</summary>
    TensorMissing,

    /// <summary>A tensor has another shape or dtype than the config demands.</summary>
    TensorInvalid,

    /// <summary>A tensor that the model has no use for.</summary>
    TensorUnused,

    /// <summary>A result is not a number.</summary>
    NotFinite,
}
