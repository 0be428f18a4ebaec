using System.Collections.Immutable;
using Transfuse.Formats.Numerics;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>
/// LoKr: delta = (w1 ⊗ w2) alpha / r, each of w1 and w2 a matrix or a product of two. With w1 = L M and w2 = P Q it is (L ⊗ P) (M ⊗ Q); a whole matrix is
/// itself times an identity. The scale holds even where neither is decomposed, so that r is in no tensor.
/// </summary>
internal sealed class LokrReader : MethodReader
{
    public override string PeftType => "LOKR";

    public override ImmutableArray<string> Parts { get; } = ["lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2"];

    public override ImmutableArray<string> UsedFields { get; } = [.. LycorisScales.UsedFields, "decompose_both", "decompose_factor"];

    public override IEnumerable<MethodModule> Read(MethodInput input)
    {
        var scales = new LycorisScales(input);
        return input.Modules.Select(parts => Read(parts, scales)).OfType<MethodModule>();
    }

    private static MethodModule? Read(MethodParts parts, LycorisScales scales)
    {
        if (parts.Has("lokr_t2") || parts.ShapeOf("lokr_w2").Length > 2)
        {
            parts.Log.Add(MethodCodes.Convolution.At(parts.Path, "has lokr_t2, or lokr_w2 with a kernel: the form for convolutions"));
            return null;
        }

        if (Factor(parts, "lokr_w1") is not { } first || Factor(parts, "lokr_w2") is not { } second)
        {
            return null;
        }

        long? rank = first.InnerRank ?? second.InnerRank;
        if (first.InnerRank is { } one && second.InnerRank is { } other && !parts.Require(one == other, "lokr_w1_a", "lokr_w2_a"))
        {
            return null;
        }

        if (scales.Of(parts.Path, rank, rank is null ? LeastRank(second.Matrix) : 1) is not { } scale)
        {
            return null;
        }

        return new MethodModule
        {
            Path = parts.Path,
            Outputs = MethodRanks.Multiply(first.Matrix.Rows, second.Matrix.Rows),
            Inputs = MethodRanks.Multiply(first.Matrix.Columns, second.Matrix.Columns),
            Rank = MethodRanks.Multiply(first.Matrix.Rank, second.Matrix.Rank),
            Scale = scale,
            Product = () => new KroneckerProduct(first.Matrix, second.Matrix),
            Products = [[first.Matrix.Left, second.Matrix.Left], [first.Matrix.Right, second.Matrix.Right]],
        };
    }

    private static (KroneckerFactor Matrix, long? InnerRank)? Factor(MethodParts parts, string name)
    {
        (string left, string right) = (name + "_a", name + "_b");
        if (parts.Has(name))
        {
            if (parts.Has(left) || parts.Has(right))
            {
                parts.Refuse($"has {name} both whole and decomposed");
                return null;
            }

            return parts.Matrix(name) is { } whole ? (KroneckerFactor.Whole(whole), null) : null;
        }

        if (parts.Matrix(left) is not { } b || parts.Matrix(right) is not { } a || !parts.Require(b.Shape[1] == a.Shape[0], left, right))
        {
            return null;
        }

        return (KroneckerFactor.Product(b, a), a.Shape[0]);
    }

    // PEFT decomposes w2 where twice the rank is below its larger side, so a whole w2 tells that r is not.
    private static long LeastRank(KroneckerFactor second) => (Math.Max(second.Rows, second.Columns) + 1) / 2;
}
