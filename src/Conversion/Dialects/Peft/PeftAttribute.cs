namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>What a tensor in a PEFT file is to its module.</summary>
internal enum PeftAttribute
{
    /// <summary><c>lora_A.weight</c>, also bare <c>lora_A</c> of AdaLoRA.</summary>
    LoraA,

    /// <summary><c>lora_B.weight</c>, also bare.</summary>
    LoraB,

    /// <summary><c>lora_embedding_A</c>.</summary>
    EmbeddingA,

    /// <summary><c>lora_embedding_B</c>.</summary>
    EmbeddingB,

    /// <summary><c>lora_magnitude_vector</c>, with and without <c>.weight</c>.</summary>
    Magnitude,

    /// <summary><c>lora_B.bias</c>.</summary>
    LoraBias,

    /// <summary><c>base_layer.weight</c>.</summary>
    BaseWeight,

    /// <summary><c>base_layer.bias</c>.</summary>
    BaseBias,

    /// <summary><c>token_adapter.trainable_tokens_delta</c>.</summary>
    TokenRows,

    /// <summary>What only training reads: <c>lora_velora_embed</c>, <c>lora_monteclora_sampler.*</c>.</summary>
    TrainingState,

    /// <summary>A tensor with <c>lora_</c> in its name that is none of the above, such as KaSA's <c>lora_diag</c>.</summary>
    UnknownLora,

    /// <summary>Any other tensor: a parameter of the base model.</summary>
    BaseParameter,
}
