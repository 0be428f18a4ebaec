using System.Collections.Immutable;
using System.Numerics.Tensors;
using Transfuse.Formats.Numerics;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>
/// VB-LoRA: delta = B A, both made of pieces as long as the vectors of a shared bank (N, L). Each piece is the mixture of the k vectors with the largest
/// logits, by the softmax of these. A's pieces are (r, in / L), B's (out / L, r), each of the latter a part of a column. There is no other scale.
/// </summary>
internal sealed class VbloraReader : MethodReader
{
    private const string Bank = "vblora_vector_bank";
    private const string LogitsA = "vblora_logits_A";
    private const string LogitsB = "vblora_logits_B";
    private const string Indices = "_topk_indices";
    private const string Weights = "_topk_weights";
    private const int DefaultCount = 2;

    public override string PeftType => "VBLORA";

    public override ImmutableArray<string> Parts { get; } = [LogitsA, LogitsB, LogitsA + Indices, LogitsB + Indices, LogitsA + Weights, LogitsB + Weights];

    public override ImmutableArray<string> Shared { get; } = [Bank];

    public override ImmutableArray<string> UsedFields { get; } = ["r", "num_vectors", "vector_length", "topk", "save_only_topk_weights"];

    public override string DropoutField => "vblora_dropout";

    public override IEnumerable<MethodModule> Read(MethodInput input)
    {
        if (input.Shared.Matrix(Bank) is not { } bank)
        {
            return [];
        }

        int count = input.Settings.Positive("topk", DefaultCount);
        return input.Modules.Select(parts => Read(parts, bank, count, input.Options.CancellationToken)).OfType<MethodModule>();
    }

    private static MethodModule? Read(MethodParts parts, LazyTensor bank, int count, CancellationToken cancellationToken)
    {
        if (Mixture(parts, LogitsA, bank, count, cancellationToken) is not { } a || Mixture(parts, LogitsB, bank, count, cancellationToken) is not { } b)
        {
            return null;
        }

        if (a.Rows != b.Columns)
        {
            parts.Refuse($"has rank {a.Rows} by {LogitsA} and {b.Columns} by {LogitsB}");
            return null;
        }

        long length = bank.Shape[1];
        (long inputs, long outputs) = (MethodRanks.Multiply(a.Columns, length), MethodRanks.Multiply(b.Rows, length));
        return new MethodModule
        {
            Path = parts.Path,
            Outputs = outputs,
            Inputs = inputs,
            Rank = a.Rows,
            Scale = 1,
            Product = () => new FactorProduct(
                new ComputedTensor(new TensorShape(a.Rows, inputs), (destination, token) => FillA(destination, a.Mixture, bank, token)),
                new ComputedTensor(new TensorShape(outputs, a.Rows), (destination, token) => FillB(destination, b.Mixture, (int)a.Rows, bank, token))),
            Products = [[bank]],
        };
    }

    /// <summary>The mixtures of one factor, and how its pieces lie, or <see langword="null"/> with a finding.</summary>
    private static (VbloraMixture Mixture, long Rows, long Columns)? Mixture(
        MethodParts parts, string name, LazyTensor bank, int count, CancellationToken cancellationToken)
    {
        long vectors = bank.Shape[0];
        if (parts.Has(name + Indices))
        {
            return Saved(parts, name, vectors, cancellationToken);
        }

        if (parts.Get(name, 3) is not { } logits || !parts.Require(logits.Shape[2] == vectors, name))
        {
            return null;
        }

        if (count > vectors || double.IsNaN(TensorProbe.MaxMagnitude(logits, cancellationToken)))
        {
            parts.Refuse($"takes the {count} largest of {vectors} logits, or has logits that are NaN");
            return null;
        }

        if (VbloraMixture.FromLogits(logits, count, cancellationToken) is { } mixture)
        {
            return (mixture, logits.Shape[0], logits.Shape[1]);
        }

        parts.Refuse($"has equal or infinite logits in {name}, which leave open what the {count} largest give");
        return null;
    }

    private static (VbloraMixture Mixture, long Rows, long Columns)? Saved(MethodParts parts, string name, long vectors, CancellationToken cancellationToken)
    {
        if (parts.Find(name + Weights) is not { } weights || parts.Find(name + Indices) is not { } indices)
        {
            return null;
        }

        bool fits = !parts.Has(name) && indices.Shape is { Rank: 3, ElementCount: > 0 } && IntegerValues.Takes(indices.DType) && weights.DType.IsFactorFloat()
            && weights.Shape == new TensorShape(indices.Shape[0], indices.Shape[1], indices.Shape[2] - 1);
        if (!parts.Require(fits, name + Indices, name + Weights))
        {
            return null;
        }

        if (VbloraMixture.FromSaved(indices, weights, vectors, cancellationToken) is { } mixture)
        {
            return (mixture, indices.Shape[0], indices.Shape[1]);
        }

        parts.Refuse($"{name}{Indices} names vectors that the bank of {vectors} does not have, or shares in {name}{Weights} are negative");
        return null;
    }

    private static void FillA(Span<float> destination, VbloraMixture mixture, LazyTensor bank, CancellationToken cancellationToken)
    {
        double[] vectors = bank.ToDoubles(cancellationToken);
        double[] piece = new double[bank.Shape[1]];
        for (int i = 0; i < destination.Length / piece.Length; i++)
        {
            mixture.Mix(i, vectors, piece);
            TensorPrimitives.ConvertTruncating<double, float>(piece, destination.Slice(i * piece.Length, piece.Length));
        }
    }

    private static void FillB(Span<float> destination, VbloraMixture mixture, int rank, LazyTensor bank, CancellationToken cancellationToken)
    {
        double[] vectors = bank.ToDoubles(cancellationToken);
        double[] piece = new double[bank.Shape[1]];
        for (int i = 0; i < destination.Length / piece.Length; i++)
        {
            mixture.Mix(i, vectors, piece);
            (int tile, int column) = Math.DivRem(i, rank);
            for (int j = 0; j < piece.Length; j++)
            {
                destination[(((tile * piece.Length) + j) * rank) + column] = (float)piece[j];
            }
        }
    }
}
