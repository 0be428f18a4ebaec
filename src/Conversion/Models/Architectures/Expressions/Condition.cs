using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Models.Architectures.Expressions;

/// <summary>Whether a rule holds for a base model and a layer.</summary>
internal abstract record Condition
{
    /// <summary>Yes, no, or <see langword="null"/> where the configuration is needed and does not say.</summary>
    /// <param name="config">The base model's configuration, if known.</param>
    /// <param name="layer">The layer index, or <see langword="null"/> outside the layers.</param>
    public abstract bool? Holds(BaseConfig? config, int? layer);

    /// <summary>The fields of config.json that decide.</summary>
    public abstract IEnumerable<string> Fields { get; }
}
