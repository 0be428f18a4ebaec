using Transfuse.Formats.Tensors;
using Transfuse.Formats.Work;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Verification;

/// <summary>Compares what two adapters of one layout do, without a model.</summary>
public static class AdapterComparer
{
    /// <summary>Compares module by module, in double precision. A module that only one has agrees if it has no effect.</summary>
    /// <exception cref="ArgumentException">The layouts differ.</exception>
    public static AdapterComparison Compare(Adapter first, Adapter second, CancellationToken cancellationToken = default)
    {
        if (first.Layout != second.Layout)
        {
            throw new ArgumentException($"The first adapter has the names of {first.Layout}, the second those of {second.Layout}.", nameof(second));
        }

        Dictionary<string, AdapterModule> left = first.Modules.ToDictionary(module => module.FullPath, StringComparer.Ordinal);
        Dictionary<string, AdapterModule> right = second.Modules.ToDictionary(module => module.FullPath, StringComparer.Ordinal);
        (string Path, AdapterModule? Left, AdapterModule? Right)[] pairs =
        [
            .. left.Keys.Union(right.Keys, StringComparer.Ordinal)
                .Select(path => (Path: path, Left: left.GetValueOrDefault(path), Right: right.GetValueOrDefault(path)))
                .OrderBy(pair => (pair.Left ?? pair.Right)!.Path).ThenBy(pair => pair.Path, StringComparer.Ordinal),
        ];
        var rows = new ModuleComparison[pairs.Length];
        ParallelWork.Run(
            pairs.Length, Environment.ProcessorCount, index => rows[index] = CompareModule(pairs[index].Path, pairs[index].Left, pairs[index].Right, cancellationToken), cancellationToken);
        return new AdapterComparison([.. rows]);
    }

    private static ModuleComparison CompareModule(string path, AdapterModule? first, AdapterModule? second, CancellationToken cancellationToken)
    {
        var row = new ModuleComparison
        {
            Path = path,
            Presence = second is null ? ModulePresence.OnlyFirst : first is null ? ModulePresence.OnlySecond : ModulePresence.Both,
            Ranks = (first?.Rank ?? 0, second?.Rank ?? 0),
            Scales = (first?.Scale ?? 0, second?.Scale ?? 0),
        };
        if (first is not null && second is not null && Mismatch(first, second, cancellationToken) is { } mismatch)
        {
            return row with { Mismatch = mismatch };
        }

        bool bitEqual = first is not null && second is not null && IsBitEqual(first, second, cancellationToken);
        DeltaDifference difference = Difference(first, bitEqual ? first : second, cancellationToken);
        return row with
        {
            IsBitEqual = bitEqual,
            Norm = Math.Sqrt(difference.SquaredNorm),
            RelativeError = difference.RelativeError,
            WorstElement = difference.WorstElement,
        };
    }

    private static string? Mismatch(AdapterModule first, AdapterModule second, CancellationToken cancellationToken)
    {
        if (first.Kind != second.Kind)
        {
            return $"is {first.Kind} in the first and {second.Kind} in the second";
        }

        if (Extents(first) != Extents(second))
        {
            return $"maps {Extents(first)} in the first and {Extents(second)} in the second (experts, output, input)";
        }

        return (first.Magnitude, second.Magnitude) switch
        {
            (null, null) => null,
            ({ } left, { } right) => TensorValues.ToDoubles(left, cancellationToken).AsSpan().SequenceEqual(TensorValues.ToDoubles(right, cancellationToken))
                ? null : "has different DoRA magnitudes",
            _ => "is DoRA in one only",
        };
    }

    private static bool IsBitEqual(AdapterModule first, AdapterModule second, CancellationToken cancellationToken) =>
        (float)first.Scale == (float)second.Scale
        && TensorProbe.BytesEqual(first.A, second.A, cancellationToken)
        && TensorProbe.BytesEqual(first.B, second.B, cancellationToken);

    private static DeltaDifference Difference(AdapterModule? first, AdapterModule? second, CancellationToken cancellationToken)
    {
        (int experts, int outputs, int inputs) = Extents((first ?? second)!);
        Factors left = Factors.Of(first, cancellationToken);
        Factors right = ReferenceEquals(first, second) ? left : Factors.Of(second, cancellationToken);
        var total = default(DeltaDifference);
        for (int expert = 0; expert < experts; expert++)
        {
            total = total.Plus(LowRankDelta.Compare(left.Delta(expert, outputs, inputs), right.Delta(expert, outputs, inputs), outputs, inputs, cancellationToken));
        }

        return total;
    }

    private static (int Experts, int Outputs, int Inputs) Extents(AdapterModule module) => module.Kind == ModuleKind.Experts
        ? ((int)module.B.Shape[0], (int)module.B.Shape[1], (int)module.A.Shape[2])
        : (1, (int)(module.B.Shape.ElementCount / Math.Max(module.Rank, 1)), (int)(module.A.Shape.ElementCount / Math.Max(module.Rank, 1)));

    /// <summary>The factors of a module as double values; of a missing module, zeros.</summary>
    private readonly record struct Factors(double[] A, double[] B, int Rank, double Scale)
    {
        public static Factors Of(AdapterModule? module, CancellationToken cancellationToken) => module is null
            ? new Factors([], [], 0, 0)
            : new Factors(TensorValues.ToDoubles(module.A, cancellationToken), TensorValues.ToDoubles(module.B, cancellationToken), module.Rank, (float)module.Scale);

        public LowRankDelta Delta(int expert, int outputs, int inputs) => new(
            A.AsMemory(expert * Rank * inputs, Rank * inputs), B.AsMemory(expert * outputs * Rank, outputs * Rank), Rank, Scale);
    }
}
