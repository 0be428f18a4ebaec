using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Pipeline;

/// <summary>What the caller tells about an adapter that is looked at.</summary>
/// <seealso cref="Transfuse.Conversion.Pipeline.AdapterInspector" />
public sealed record InspectionOptions
{
    /// <summary>All defaults.</summary>
    public static InspectionOptions Default { get; } = new();

    /// <summary>The base model. Default: none.</summary>
    public BaseModel? Base { get; init; }

    /// <summary>The base's <c>model_type</c>. Default: from the base.</summary>
    public string? ModelType { get; init; }

    /// <summary>The sub-folder to read where a folder holds several adapters. Default: the only one.</summary>
    public string? AdapterName { get; init; }
}
