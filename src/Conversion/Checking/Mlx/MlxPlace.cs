using Transfuse.Conversion.Models.Architectures;

namespace Transfuse.Conversion.Checking.Mlx;

/// <summary>What an MLX model has at a path.</summary>
/// <param name="State">Whether something is there, and whether an adapter can wrap it.</param>
/// <param name="Kind">The kind of layer, where it can be wrapped.</param>
/// <param name="Inputs">Extent of the input, of an embedding its vocabulary; <see langword="null"/> where unknown.</param>
/// <param name="Outputs">Extent of the output; <see langword="null"/> where unknown.</param>
/// <param name="Experts">Number of stacked experts; <see langword="null"/> where unknown or none.</param>
/// <param name="What">What stands there, for messages.</param>
internal readonly record struct MlxPlace(MlxPlaceState State, TargetKind Kind = TargetKind.Linear, long? Inputs = null, long? Outputs = null, long? Experts = null, string? What = null)
{
    public static MlxPlace Absent { get; } = new(MlxPlaceState.Absent);

    public static MlxPlace Unknown { get; } = new(MlxPlaceState.Unknown);

    public static MlxPlace Container { get; } = new(MlxPlaceState.Fixed, What: "a container of modules");

    public static MlxPlace Fixed(string what) => new(MlxPlaceState.Fixed, What: what);

    public bool CanBeWrapped => State is MlxPlaceState.Adaptable or MlxPlaceState.Unknown;

    public bool IsLinear => CanBeWrapped && Kind == TargetKind.Linear;

    /// <summary>The kind as MLX names its classes.</summary>
    public string TypeName => Kind.MlxClass();
}
