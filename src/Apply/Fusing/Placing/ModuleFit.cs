using Transfuse.Apply.Fusing.Stages;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Apply.Fusing.Placing;

/// <summary>
/// Turns a module's factors so that their product lies as the base's weight does. Shapes decide; where they cannot, what is known of the weight.
/// </summary>
internal static class ModuleFit
{
    /// <summary>The change, or <see langword="null"/> with a finding.</summary>
    /// <param name="module">The module.</param>
    /// <param name="name">The weight's name, for messages.</param>
    /// <param name="shape">The weight's shape.</param>
    /// <param name="isTransposed">Whether a square weight lies as (in, out).</param>
    /// <param name="normsColumns">Whether the magnitude of an embedding is one for each dimension, where both sides are as long.</param>
    /// <param name="log">Receives findings.</param>
    public static WeightStage? Stage(AdapterModule module, string name, TensorShape shape, bool isTransposed, bool normsColumns, FindingLog log)
    {
        if (Product(module, shape, isTransposed) is not { } product)
        {
            log.Add(FusionCodes.WeightShape.At(module.SourcePath, $"has lora_A {module.A.Shape} and lora_B {module.B.Shape}, but {name} is {shape}"));
            return null;
        }

        var stage = new ProductStage([product.Part]);
        if (module.Magnitude is not { } magnitude)
        {
            return stage;
        }

        bool byColumn = module.Kind == ModuleKind.Embedding
            ? shape[0] == shape[1] ? normsColumns : magnitude.Shape.ElementCount == shape[1]
            : product.IsTransposed;
        long outputs = shape.Rank < 2 ? 0 : byColumn ? shape[1] : shape[0];
        if (magnitude.Shape.ElementCount != outputs || module.Kind is ModuleKind.Experts or ModuleKind.PackedParameter)
        {
            log.Add(FusionCodes.WeightShape.At(module.SourcePath, $"has a magnitude {magnitude.Shape}, but {name} is {shape}"));
            return null;
        }

        return new DoraStage(stage, magnitude.Reshape(new TensorShape(outputs)), byColumn);
    }

    /// <summary>Whether a module's weight certainly lies as (in, out): its shape is that and not the other way round.</summary>
    public static bool IsCertainlyTransposed(AdapterModule module, TensorShape shape) =>
        module.Kind == ModuleKind.Linear && shape.Rank == 2 && shape[0] != shape[1] && shape == new TensorShape(module.InputSize, module.OutputSize);

    private static (ProductPart Part, bool IsTransposed)? Product(AdapterModule module, TensorShape shape, bool isTransposed)
    {
        switch (module.Kind)
        {
            case ModuleKind.Embedding:
                return Matrix(module, module.A, module.B, shape, isTransposed: true, isKnown: true);
            case ModuleKind.Convolution:
                return Convolution(module, shape);
            case ModuleKind.PackedParameter:
                return Packed(module, shape, isTransposed);
            default:
                return Matrix(module, module.A, module.B, shape, isTransposed, isKnown: false);
        }
    }

    // A is (r, in) or (E, r, in), B is (out, r) or (E, out, r).
    private static (ProductPart Part, bool IsTransposed)? Matrix(
        AdapterModule module, LazyTensor a, LazyTensor b, TensorShape shape, bool isTransposed, bool isKnown)
    {
        long[] stack = a.Shape.Rank == 3 ? [a.Shape[0]] : [];
        bool plain = shape == new TensorShape([.. stack, b.Shape[^2], a.Shape[^1]]);
        bool turned = shape == new TensorShape([.. stack, a.Shape[^1], b.Shape[^2]]);
        if ((isKnown && !turned) || (!plain && !turned))
        {
            return null;
        }

        bool turn = isKnown || (plain && turned ? isTransposed : turned);
        return (turn
            ? new ProductPart(Turn(a), Turn(b), (int)a.Shape[^2], module.Scale)
            : new ProductPart(b, a, (int)a.Shape[^2], module.Scale), turn);
    }

    private static LazyTensor Turn(LazyTensor factor) => factor.Shape.Rank == 3 ? factor.Permute(0, 2, 1) : factor.Transpose();

    private static (ProductPart Part, bool IsTransposed)? Packed(AdapterModule module, TensorShape shape, bool isTransposed)
    {
        long experts = module.A.Shape[0] / module.Rank;
        if (experts * module.Rank != module.A.Shape[0] || module.B.Shape[1] != module.A.Shape[0])
        {
            return null;
        }

        if (shape.Rank == 2 && experts == 1)
        {
            return Matrix(module, module.A, module.B, shape, isTransposed, isKnown: false);
        }

        (LazyTensor a, LazyTensor b) = PackedExperts.Unpack(module.A, module.B, experts, actsOnInput: true);
        return Matrix(module, a, b, shape, isTransposed, isKnown: false);
    }

    // Kernels lie along the columns: (out, in k).
    private static (ProductPart Part, bool IsTransposed)? Convolution(AdapterModule module, TensorShape shape)
    {
        LazyTensor a = module.A, b = module.B;
        if (shape.Rank != a.Shape.Rank || shape != new TensorShape([b.Shape[0], .. a.Shape.Dimensions[1..]]) || b.Shape[1] != a.Shape[0])
        {
            return null;
        }

        long rank = a.Shape[0];
        return (
            new ProductPart(
                b.Reshape(new TensorShape(b.Shape[0], rank)), a.Reshape(new TensorShape(rank, a.Shape.ElementCount / rank)), (int)rank, module.Scale),
            false);
    }
}
