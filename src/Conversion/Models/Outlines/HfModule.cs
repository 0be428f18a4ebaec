using Transfuse.Conversion.Models.Architectures.Mapping;

namespace Transfuse.Conversion.Models.Outlines;

/// <summary>A module or parameter of a transformers model that an adapter can have.</summary>
/// <param name="Path">Its path; of packed experts that of the parameter.</param>
/// <param name="Form">What the path names.</param>
/// <param name="IsEmbedding">Whether it is an embedding.</param>
/// <param name="IsHead">Whether it is the output head.</param>
internal readonly record struct HfModule(string Path, HfForm Form, bool IsEmbedding, bool IsHead)
{
    public bool IsPacked => Form is HfForm.Packed or HfForm.ExpertRows;

    /// <summary>Whether PEFT can adapt it as a module; raw parameters need <c>target_parameters</c>.</summary>
    public bool IsModule => Form is HfForm.Module or HfForm.PerExpert;
}
