using System.Numerics.Tensors;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.Work;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Verification;

/// <summary>Compares what two adapters of one layout do, without a model. Memory does not depend on how large they are.</summary>
/// <example>
/// <code>
/// AdapterComparison comparison = AdapterComparer.Compare(adapter, adapter, new ComparisonOptions { WorstElement = true });
/// foreach (ModuleComparison module in comparison.Modules.Where(module =&gt; !module.Agrees(AdapterComparison.Rounding)))
/// {
///     Console.WriteLine($"{module.Path}: {module.RelativeError}");
/// }
/// </code>
/// </example>
public static class AdapterComparer
{
    private const long MemoryBytes = 128 << 20;

    /// <summary>
    /// Compares module by module, in double precision. A module that only one has agrees if it has no effect. Where no path of one is in the other but for what
    /// stands before the layers, modules are compared under the path below; <see cref="AdapterComparison.Roots"/> says so, and the adapters do not agree.
    /// </summary>
    /// <param name="first">One adapter.</param>
    /// <param name="second">The other.</param>
    /// <param name="options">What the caller decides. Default: <see cref="ComparisonOptions.Default"/>.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="ArgumentException">The layouts differ.</exception>
    public static AdapterComparison Compare(Adapter first, Adapter second, ComparisonOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Layout != second.Layout)
        {
            throw new ArgumentException($"The first adapter has the names of {first.Layout}, the second those of {second.Layout}.", nameof(second));
        }

        options ??= ComparisonOptions.Default;
        (string First, string Second)? roots = ModuleRoots.Differing(first, second);
        (string Path, AdapterModule? Left, AdapterModule? Right)[] pairs = Pairs(first, second, roots);
        var rows = new ModuleComparison[pairs.Length];
        int done = 0;
        ParallelWork.Run(
            pairs.Length,
            Workers(first, second, options.MaxDegreeOfParallelism),
            index =>
            {
                rows[index] = CompareModule(pairs[index].Path, pairs[index].Left, pairs[index].Right, options, cancellationToken);
                options.Progress?.Report(new ComparisonProgress(Interlocked.Increment(ref done), pairs.Length));
            },
            cancellationToken);
        return new AdapterComparison([.. rows]) { Roots = roots };
    }

    private static (string Path, AdapterModule? Left, AdapterModule? Right)[] Pairs(Adapter first, Adapter second, (string First, string Second)? roots)
    {
        Dictionary<string, AdapterModule> left = first.Modules.ToDictionary(module => ModuleRoots.Below(module, roots?.First), StringComparer.Ordinal);
        Dictionary<string, AdapterModule> right = second.Modules.ToDictionary(module => ModuleRoots.Below(module, roots?.Second), StringComparer.Ordinal);
        return
        [
            .. left.Keys.Union(right.Keys, StringComparer.Ordinal)
                .Select(key => (Left: left.GetValueOrDefault(key), Right: right.GetValueOrDefault(key)))
                .Select(pair => (Path: (pair.Left ?? pair.Right)!.FullPath, pair.Left, pair.Right))
                .OrderBy(pair => (pair.Left ?? pair.Right)!.Path).ThenBy(pair => pair.Path, StringComparer.Ordinal),
        ];
    }

    // The largest ranks alone decide how much a worker holds.
    private static int Workers(Adapter first, Adapter second, int wanted)
    {
        AdapterModule[] largest =
            [.. new[] { first, second }.Where(adapter => !adapter.Modules.IsEmpty).Select(adapter => adapter.Modules.MaxBy(module => module.Rank)!)];
        long footprint = largest.Select(module => ModulePair.Of(module, null).Footprint).DefaultIfEmpty(1).Max();
        return (int)Math.Clamp(MemoryBytes / footprint, 1, wanted);
    }

    private static ModuleComparison CompareModule(
        string path, AdapterModule? first, AdapterModule? second, ComparisonOptions options, CancellationToken cancellationToken)
    {
        var row = new ModuleComparison
        {
            Path = path,
            Presence = second is null ? ModulePresence.OnlyFirst : first is null ? ModulePresence.OnlySecond : ModulePresence.Both,
            Ranks = (first?.Rank ?? 0, second?.Rank ?? 0),
            Scales = (first?.Scale ?? 0, second?.Scale ?? 0),
        };
        return first is not null && second is not null
            ? CompareBoth(row, first, second, options, cancellationToken)
            : CompareOne(row, (first ?? second)!, options.WorstElement, cancellationToken);
    }

    private static ModuleComparison CompareOne(ModuleComparison row, AdapterModule module, bool worstElement, CancellationToken cancellationToken)
    {
        // Nothing to compare with is the same as zeros: the module's own elements are the differences.
        AdapterModule zeros = module with { B = LazyTensorOperations.Zeros(module.B.DType, module.B.Shape) };
        (DeltaDifference difference, _) = ModulePair.Of(module, worstElement ? zeros : null).Compare(worstElement, cancellationToken);
        if (!double.IsFinite(difference.SquaredNorm))
        {
            return row with { Mismatch = NotFinite };
        }

        double norm = Math.Sqrt(difference.SquaredNorm);
        return row with
        {
            Norm = row.Presence == ModulePresence.OnlyFirst ? norm : 0,
            DifferenceNorm = norm,
            WorstElement = difference.WorstElement,
            Mismatch = module.Magnitude is null ? null : "is DoRA, which sets the norms of the weight's rows whatever its factors are",
        };
    }

    private static ModuleComparison CompareBoth(
        ModuleComparison row, AdapterModule first, AdapterModule second, ComparisonOptions options, CancellationToken cancellationToken)
    {
        if (Mismatch(first, second) is { } mismatch)
        {
            return row with { Mismatch = mismatch };
        }

        ModulePair pair = ModulePair.Of(first, second);
        bool isKnown = !options.NormsOfEqual && pair.IsBitEqual(cancellationToken);
        (DeltaDifference difference, bool isBitEqual) =
            isKnown ? (new DeltaDifference { WorstElement = options.WorstElement ? 0 : null }, true)
                : pair.Compare(options.WorstElement, cancellationToken);
        double magnitudeError = MagnitudeError(first.Magnitude, second.Magnitude, cancellationToken);
        if (!double.IsFinite(difference.SquaredNorm) || !double.IsFinite(difference.SquaredError) || double.IsNaN(magnitudeError))
        {
            return row with { Mismatch = NotFinite };
        }

        return row with
        {
            IsBitEqual = isBitEqual && HasEqualBytes(first.Magnitude, second.Magnitude, cancellationToken),
            Norm = isKnown ? double.NaN : Math.Sqrt(difference.SquaredNorm),
            DifferenceNorm = Math.Sqrt(difference.SquaredError),
            MagnitudeError = magnitudeError,
            WorstElement = difference.WorstElement,
        };
    }

    private const string NotFinite = "holds NaN or infinity, so that nothing can be told about it";

    private static string? Mismatch(AdapterModule first, AdapterModule second)
    {
        if (first.Kind != second.Kind)
        {
            return $"is {first.Kind} in the first and {second.Kind} in the second";
        }

        if (ModulePair.Extents(first) != ModulePair.Extents(second))
        {
            return $"maps {ModulePair.Extents(first)} in the first and {ModulePair.Extents(second)} in the second (experts, output, input)";
        }

        return (first.Magnitude, second.Magnitude) switch
        {
            (null, null) => null,
            ({ } left, { } right) => left.Shape.ElementCount == right.Shape.ElementCount
                ? null : $"has {left.Shape.ElementCount} DoRA magnitudes in the first and {right.Shape.ElementCount} in the second",
            _ => "is DoRA in one only",
        };
    }

    private static bool HasEqualBytes(LazyTensor? first, LazyTensor? second, CancellationToken cancellationToken) =>
        first is null || second is null ? first == second : TensorProbe.BytesEqual(first, second, cancellationToken);

    // Relative, as norms of all rows together; NaN where a value is not finite.
    private static double MagnitudeError(LazyTensor? first, LazyTensor? second, CancellationToken cancellationToken)
    {
        if (first is null || second is null)
        {
            return 0;
        }

        double[] left = first.ToDoubles(cancellationToken), right = second.ToDoubles(cancellationToken);
        double norm = TensorPrimitives.Norm<double>(left), distance = TensorPrimitives.Distance<double>(left, right);
        return !double.IsFinite(norm + distance) ? double.NaN : distance == 0 ? 0 : distance / norm;
    }
}
