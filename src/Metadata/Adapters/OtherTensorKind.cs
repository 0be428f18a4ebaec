namespace Transfuse.Metadata.Adapters;

/// <summary>Kinds of tensors in an adapter file that are not low-rank factors.</summary>
/// <seealso cref="Transfuse.Metadata.Adapters.Adapter" />
public enum OtherTensorKind
{
    /// <summary>A module that was trained whole (PEFT <c>modules_to_save</c>, MLX unfrozen modules): replaces the base's.</summary>
    WholeModule,

    /// <summary>A bias of the base model that was trained: replaces the base's.</summary>
    BaseBias,

    /// <summary>A bias added to B's output (PEFT <c>lora_bias</c>).</summary>
    LoraBias,

    /// <summary>A base embedding or head that PEFT saved along with its adapter (<c>.base_layer.weight</c>): replaces the base's.</summary>
    SavedEmbedding,

    /// <summary>Rows that replace rows of an embedding (PEFT trainable tokens).</summary>
    TokenRows,

    /// <summary>A parameter of a PEFT method other than LoRA.</summary>
    MethodParameter,

    /// <summary>Something that only training needs.</summary>
    TrainingState,

    /// <summary>A tensor of unknown meaning.</summary>
    Unknown,
}
