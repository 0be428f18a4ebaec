namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>What a Hugging Face path names, which decides how PEFT targets it and how its factors lie.</summary>
internal enum HfForm
{
    /// <summary>A linear layer (also GPT-2's Conv1D, whose factors lie as a linear layer's) or an embedding.</summary>
    Module,

    /// <summary>One of a list of linear layers, one per expert.</summary>
    PerExpert,

    /// <summary>A raw two-dimensional <c>weight</c> of a module; PEFT needs <c>target_parameters</c>, its factors lie as a linear layer's.</summary>
    Parameter,

    /// <summary>A three-dimensional parameter with all experts.</summary>
    Packed,

    /// <summary>A two-dimensional parameter with the experts one after the other along its rows.</summary>
    ExpertRows,
}
