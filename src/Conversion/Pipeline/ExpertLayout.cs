namespace Transfuse.Conversion.Pipeline;

/// <summary>How transformers holds experts, and so how PEFT names their adapters.</summary>
public enum ExpertLayout
{
    /// <summary>Packed parameters, <c>target_parameters</c>: transformers 5, PEFT 0.17 and later.</summary>
    Parameters,

    /// <summary>One module for each expert: transformers before 5.</summary>
    Modules,
}
