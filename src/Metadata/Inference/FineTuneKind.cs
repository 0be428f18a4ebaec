namespace Transfuse.Metadata.Inference;

/// <summary>What kind of adapter the tensors make, whatever a config says.</summary>
internal enum FineTuneKind
{
    /// <summary>No module has a magnitude.</summary>
    Lora,

    /// <summary>Every module has a magnitude.</summary>
    Dora,

    /// <summary>Some modules have a magnitude and others do not. Only Unsloth, for experts, can say so.</summary>
    Mixed,
}
