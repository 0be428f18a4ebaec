using Transfuse.Conversion.Models.Architectures;

namespace Transfuse.Conversion.Models.Outlines;

/// <summary>What a model has at a path.</summary>
/// <param name="State">Whether something is there, and whether an adapter can wrap it.</param>
/// <param name="Kind">The kind of layer, where it can be wrapped.</param>
/// <param name="Inputs">Extent of the input, of an embedding its vocabulary; <see langword="null"/> where unknown.</param>
/// <param name="Outputs">Extent of the output; <see langword="null"/> where unknown.</param>
/// <param name="Experts">Number of stacked experts; <see langword="null"/> where unknown or none.</param>
/// <param name="What">What stands there, for messages.</param>
internal readonly record struct ModelSlot(
    SlotState State, TargetKind Kind = TargetKind.Linear, long? Inputs = null, long? Outputs = null, long? Experts = null, string? What = null)
{
    public static ModelSlot Absent { get; } = new(SlotState.Absent);

    public static ModelSlot Unknown { get; } = new(SlotState.Unknown);

    public static ModelSlot Container { get; } = new(SlotState.Fixed, What: "a container of modules");

    public static ModelSlot Fixed(string what) => new(SlotState.Fixed, What: what);

    public bool CanBeWrapped => State is SlotState.Adaptable or SlotState.Unknown;

    public bool IsLinear => CanBeWrapped && Kind == TargetKind.Linear;

    /// <summary>The extents of the weight as it lies in MLX.</summary>
    public ModuleExtent Extent => Kind == TargetKind.Embedding ? new ModuleExtent(Experts, Inputs, Outputs) : new ModuleExtent(Experts, Outputs, Inputs);

    /// <summary>The slot of a weight, with what is known of its extents.</summary>
    public static ModelSlot Adaptable(TargetKind kind, ModuleExtent weight) => kind == TargetKind.Embedding
        ? new ModelSlot(SlotState.Adaptable, kind, weight.Rows, weight.Columns)
        : new ModelSlot(SlotState.Adaptable, kind, weight.Columns, weight.Rows, weight.Experts);

    /// <summary>The kind as MLX names its classes.</summary>
    public string TypeName => Kind.MlxClass();
}
