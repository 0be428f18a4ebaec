namespace Transfuse.Metadata.Mlx.Detectors;

/// <summary>Forms of old, foreign and damaged MLX folders.</summary>
public enum MlxTraitKind
{
    /// <summary>A npz archive: mlx-lm before 0.6.</summary>
    Archive,

    /// <summary><c>lora_layers</c>: mlx-lm 0.6 to 0.18.</summary>
    LoraLayers,

    /// <summary><c>lora_parameters.alpha</c>: mlx-lm 0.6 to 0.22.2.</summary>
    Alpha,

    /// <summary><c>use_dora</c> without magnitudes: mlx-lm 0.14.2 to 0.16.0 did not honour it.</summary>
    DoraNotHonoured,

    /// <summary><c>num_layers</c> below the layers that have tensors: mlx-lm 0.19.0 to 0.21.4 trained all of them.</summary>
    Layers,

    /// <summary>Stacked experts whose <c>lora_a</c> has two dimensions: mlx-lm 0.14.0 to 0.28.2.</summary>
    FlattenedExperts,

    /// <summary>Factors that are layers: Unsloth.</summary>
    LayerBacked,

    /// <summary><c>A</c> and <c>B</c>, or <c>alpha</c> at the top: mlx-vlm until 0.5.</summary>
    LegacyVlm,

    /// <summary>No <c>keys</c>.</summary>
    DefaultKeys,

    /// <summary><c>keys</c> that do not reach the modules: none, a string, last names only, others.</summary>
    Keys,

    /// <summary>Numbers in strings, integers with a point.</summary>
    NumberForm,

    /// <summary>A rank that the tensors contradict.</summary>
    Rank,

    /// <summary>Modules of different rank.</summary>
    Ranks,

    /// <summary>A <c>fine_tune_type</c> that the tensors contradict.</summary>
    FineTuneType,

    /// <summary>Weights of the base in the file.</summary>
    BaseWeights,

    /// <summary>An explicit list of modules that the file contradicts.</summary>
    Topology,
}
