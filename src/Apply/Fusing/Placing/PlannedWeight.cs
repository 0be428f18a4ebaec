using System.Collections.Immutable;
using Transfuse.Apply.Fusing.Stages;
using Transfuse.Apply.Quantization;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Fusing.Placing;

/// <summary>A weight that is not copied as it is.</summary>
internal sealed record PlannedWeight
{
    /// <summary>Its name in the output.</summary>
    public required string Name { get; init; }

    /// <summary>The base's tensor from whose values it is made; another than <see cref="Name"/> for a head that was tied.</summary>
    public required string Source { get; init; }

    /// <summary>What is done to it; none where only its form changes.</summary>
    public required ImmutableArray<WeightStage> Stages { get; init; }

    /// <summary>The shape of its values.</summary>
    public required TensorShape Shape { get; init; }

    /// <summary>Its number of rows, where it is another than the base's.</summary>
    public int? Rows { get; init; }

    /// <summary>The base's tensors, where they are quantized.</summary>
    public QuantizedWeight? Quantized { get; init; }

    /// <summary>The base's tensor, where it is not quantized.</summary>
    public LazyTensor? Floats { get; init; }

    /// <summary>Whether the output is quantized as the base is.</summary>
    public bool StaysQuantized { get; init; }

    /// <summary>The dtype in which the output's values are, or that its scales have.</summary>
    public DType DType => Quantized?.DType ?? Floats!.DType;

    /// <summary>The module, without <c>.weight</c>.</summary>
    public string Module => WeightLookup.ModuleOf(Name);

    /// <summary>How the output is stored, for people.</summary>
    public string Form => StaysQuantized ? Quantized!.Form.ToString() : DType.SafetensorsName();

    /// <summary>What is done, for people.</summary>
    public string Change =>
        Stages.IsEmpty ? Name == Source ? "dequantized" : $"copied from {Source}" : string.Join("; ", Stages.Select(stage => stage.Description));

    /// <summary>The view in which the changes are made.</summary>
    public WeightShape View => WeightShape.Of(Shape, IsStack) ?? throw new TensorTooLargeException(Shape.ElementCount);

    // Matrices of experts lie one after the other; where nothing asks for it, a stack is as good as one tall matrix.
    private bool IsStack => Shape.Rank == 3 && Stages.Any(stage => stage is ProductStage { Parts: [{ Left.Shape.Rank: 3 }, ..] });
}
