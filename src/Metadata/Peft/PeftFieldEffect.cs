namespace Transfuse.Metadata.Peft;

/// <summary>What a field of PEFT's config does to the function that model and adapter compute.</summary>
internal enum PeftFieldEffect
{
    /// <summary>Nothing: it informs, matters in training only, or PEFT overwrites it when it loads.</summary>
    Nothing,

    /// <summary>It says which modules are adapted, which the tensors say too.</summary>
    Selects,

    /// <summary>It gives ranks and multipliers.</summary>
    Scale,

    /// <summary>It makes the adapter more than a change scale x B A.</summary>
    Variant,

    /// <summary>It changes the base weights that the adapter belongs to.</summary>
    Base,

    /// <summary>It puts weights in place of the base's.</summary>
    Replaces,
}
