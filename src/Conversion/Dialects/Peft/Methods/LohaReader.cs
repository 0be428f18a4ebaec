using System.Collections.Immutable;
using Transfuse.Formats.Numerics;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>
/// LoHa: delta = (w1_a w1_b) * (w2_a w2_b) alpha / r, element by element. Such a product of two products of rank r is one of rank r²: row (i, j) of A is row i
/// of w1_b times row j of w2_b, column (i, j) of B likewise.
/// </summary>
internal sealed class LohaReader : MethodReader
{
    public override string PeftType => "LOHA";

    public override ImmutableArray<string> Parts { get; } = ["hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2"];

    public override ImmutableArray<string> UsedFields { get; } = LycorisScales.UsedFields;

    public override IEnumerable<MethodModule> Read(MethodInput input)
    {
        var scales = new LycorisScales(input);
        return input.Modules.Select(parts => Read(parts, scales)).OfType<MethodModule>();
    }

    private static MethodModule? Read(MethodParts parts, LycorisScales scales)
    {
        if (parts.Has("hada_t1") || parts.Has("hada_t2"))
        {
            parts.Log.Add(MethodCodes.Convolution.At(parts.Path, "has hada_t1 or hada_t2, the core tensors of a convolution"));
            return null;
        }

        if (parts.Matrix("hada_w1_a") is not { } firstB || parts.Matrix("hada_w1_b") is not { } firstA
            || parts.Matrix("hada_w2_a") is not { } secondB || parts.Matrix("hada_w2_b") is not { } secondA)
        {
            return null;
        }

        long rank = firstA.Shape[0];
        bool fits = firstB.Shape[1] == rank && secondB.Shape[1] == rank && secondA.Shape[0] == rank
            && firstB.Shape[0] == secondB.Shape[0] && firstA.Shape[1] == secondA.Shape[1];
        if (!parts.Require(fits, "hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b") || scales.Of(parts.Path, rank) is not { } scale)
        {
            return null;
        }

        return new MethodModule
        {
            Path = parts.Path,
            Outputs = firstB.Shape[0],
            Inputs = firstA.Shape[1],
            Rank = MethodRanks.Multiply(rank, rank),
            Scale = scale,
            Product = () => new FactorProduct(ComputedTensors.SplitColumns(firstA, secondA), ComputedTensors.SplitRows(firstB, secondB)),
            Products = [[firstA, secondA], [firstB, secondB]],
        };
    }
}
