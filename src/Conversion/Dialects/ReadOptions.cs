using Transfuse.Conversion.Models.Bases;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion.Dialects;

/// <summary>What is known about an adapter beside its files.</summary>
/// <param name="Given">What the caller decides where an MLX config does not tell.</param>
/// <param name="BaseLayers">The base's number of layers, or <see langword="null"/> where no base tells it.</param>
/// <param name="Base">The base, where it was given.</param>
internal sealed record ReadOptions(MlxGiven Given, int? BaseLayers, BaseModel? Base)
{
    public static ReadOptions Nothing { get; } = new(MlxGiven.Nothing, null, null);

    /// <summary>The base's number of experts, where it is known.</summary>
    public long? BaseExperts { get; init; }
}
