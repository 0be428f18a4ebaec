using System.Collections.Immutable;
using Transfuse.Formats.Numerics;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>
/// GraLoRA: inputs and outputs are cut into k blocks, and each pair of an input block n and an output block m has a product of rank r / k: of the rows m r/k
/// ... of A[n] transposed and the rows n r/k ... of B[m]. Together that is one product of rank k r whose factors are zero elsewhere; beside it there may be a
/// plain product of rank hybrid_r. The scale is alpha / (r + hybrid_r). All of it is bit-exact.
/// </summary>
internal sealed class GraloraReader : MethodReader
{
    private const double DefaultAlpha = 64;

    public override string PeftType => "GRALORA";

    public override ImmutableArray<string> Parts { get; } = ["gralora_A", "gralora_B", "gralora_A_general", "gralora_B_general"];

    public override ImmutableArray<string> UsedFields { get; } = ["r", "hybrid_r", "alpha", "gralora_k"];

    public override string DropoutField => "gralora_dropout";

    public override IEnumerable<MethodModule> Read(MethodInput input)
    {
        double alpha = input.Settings.Number("alpha", DefaultAlpha);
        return input.Modules.Select(parts => Read(parts, alpha)).OfType<MethodModule>();
    }

    private static MethodModule? Read(MethodParts parts, double alpha)
    {
        if (parts.Get("gralora_A", 3) is not { } a || parts.Get("gralora_B", 3) is not { } b
            || !parts.Require(a.Shape[0] == b.Shape[0] && a.Shape[2] == b.Shape[1] && a.Shape[2] % a.Shape[0] == 0, "gralora_A", "gralora_B"))
        {
            return null;
        }

        (long blocks, long rank) = (a.Shape[0], a.Shape[2]);
        (long inputs, long outputs) = (MethodRanks.Multiply(blocks, a.Shape[1]), MethodRanks.Multiply(blocks, b.Shape[2]));
        LazyTensor? generalA = null;
        LazyTensor? generalB = null;
        bool isHybrid = parts.Has("gralora_A_general") || parts.Has("gralora_B_general");
        if (isHybrid)
        {
            (generalA, generalB) = (parts.Matrix("gralora_A_general"), parts.Matrix("gralora_B_general"));
            if (generalA is null || generalB is null
                || !parts.Require(generalA.Shape[0] == generalB.Shape[1] && generalA.Shape[1] == inputs && generalB.Shape[0] == outputs, [.. parts.Names]))
            {
                return null;
            }
        }

        long hybrid = generalA?.Shape[0] ?? 0;
        return new MethodModule
        {
            Path = parts.Path,
            Outputs = outputs,
            Inputs = inputs,
            Rank = (long)Int128.Min(((Int128)blocks * rank) + hybrid, long.MaxValue),
            Scale = alpha / (rank + hybrid),
            Product = () => new FactorProduct(Join(0, SpreadA(a), generalA), Join(1, SpreadB(b), generalB)),
            Products = [[a], [b], .. isHybrid ? ImmutableArray.Create<ImmutableArray<LazyTensor>>([generalA!], [generalB!]) : []],
        };
    }

    // Row (n, m, s) stands in the columns of input block n.
    private static LazyTensor SpreadA(LazyTensor a) => LazyTensorOperations.BlockDiagonal([.. Blocks(a).Select(block => block.Transpose())]);

    // Column (n, m, s) stands in the rows of output block m, and is there row (n, s) of B[m].
    private static LazyTensor SpreadB(LazyTensor b)
    {
        int count = (int)b.Shape[0];
        long share = b.Shape[1] / count;
        return LazyTensorOperations.Concat(
            0, [.. Blocks(b).Select((block, m) => LazyTensorOperations.Concat(1, [.. Enumerable.Range(0, count).Select(n => Place(block, n, m))]))]);

        LazyTensor Place(LazyTensor block, int n, int m)
        {
            LazyTensor columns = block.Slice(0, n * share, share).Transpose();
            LazyTensor before = LazyTensorOperations.Zeros(b.DType, new TensorShape(columns.Shape[0], m * share));
            return LazyTensorOperations.Concat(1, before, columns).PadWithZeros(1, share * count);
        }
    }

    private static IEnumerable<LazyTensor> Blocks(LazyTensor tensor)
    {
        for (long n = 0; n < tensor.Shape[0]; n++)
        {
            yield return tensor.Slice(0, n, 1).Reshape(new TensorShape(tensor.Shape[1], tensor.Shape[2]));
        }
    }

    private static LazyTensor Join(int axis, LazyTensor first, LazyTensor? second)
    {
        if (second is null)
        {
            return first;
        }

        return first.DType == second.DType
            ? LazyTensorOperations.Concat(axis, first, second)
            : LazyTensorOperations.Concat(axis, first.Cast(DType.F32), second.Cast(DType.F32));
    }
}
