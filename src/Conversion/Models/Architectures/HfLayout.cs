namespace Transfuse.Conversion.Models.Architectures;

/// <summary>Whose names a Hugging Face path has, where they differ.</summary>
internal enum HfLayout
{
    /// <summary>Modules of transformers 4: one linear layer per expert.</summary>
    Transformers4,

    /// <summary>Modules of transformers 5: experts packed into 3-D parameters.</summary>
    Transformers5,

    /// <summary>Tensor names in the weight files of a base model.</summary>
    Checkpoint,
}
