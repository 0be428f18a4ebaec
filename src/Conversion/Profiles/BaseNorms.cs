using System.Collections.Concurrent;
using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Conversion.Verification;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Profiles;

/// <summary>
/// Norms of the base's weights that an adapter's modules change: those of a module's own name, else those that the model type's mapping leads to, of whichever
/// layout adapter and base are.
/// </summary>
internal sealed class BaseNorms
{
    private const string Weight = ".weight";
    private readonly BaseWeights _weights;
    private readonly ModelLayout _layoutOfAdapter;
    private readonly ArchitectureMap? _map;
    private readonly ModelLayout _layoutOfBase;
    private readonly Lazy<ILookup<string, (string Name, ImmutableArray<ModuleStep> Steps)>> _byMlxName;
    private readonly ConcurrentDictionary<(string MlxName, int? Expert), (double Squares, long Count)?> _known = [];

    /// <summary>Prepares; no value is read.</summary>
    /// <param name="weights">The base's weights.</param>
    /// <param name="layoutOfAdapter">Whose names the adapter's modules have.</param>
    public BaseNorms(BaseWeights weights, ModelLayout layoutOfAdapter)
    {
        _weights = weights;
        _layoutOfAdapter = layoutOfAdapter;
        _map = weights.Config.Architecture is { } architecture ? new ArchitectureMap(architecture, weights.Config) : null;
        _layoutOfBase = BaseLayout.Of(weights.Config, weights.SaysMlx, weights.Names, _map);
        _byMlxName = new(ByMlxName);
    }

    /// <summary>The norm, or <see langword="null"/> where the base has no floating-point weight that is the module's, of its size.</summary>
    public double? Of(AdapterModule module, CancellationToken cancellationToken)
    {
        (long experts, long outputs, long inputs) = ModulePair.Extents(module);
        long size = experts * outputs * inputs;
        LazyTensor? own = _weights.Find(module.FullPath + Weight) ?? _weights.Find(module.FullPath);
        if (own is not null && IsFloat(own) && own.Shape.ElementCount == size)
        {
            return TensorProbe.Norm(own, cancellationToken);
        }

        if (_map is null)
        {
            return null;
        }

        double squares = 0;
        long count = 0;
        foreach ((string path, int? expert) in TargetsOf(module, _map))
        {
            if (_known.GetOrAdd((path + Weight, expert), target => Measure(target.MlxName, target.Expert, cancellationToken)) is not { } part)
            {
                return null;
            }

            squares += part.Squares;
            count += part.Count;
        }

        return count == size ? Math.Sqrt(squares) : null;
    }

    private static bool IsFloat(LazyTensor tensor) => tensor.DType is DType.F32 or DType.F16 or DType.BF16 or DType.F64;

    // What a module is in MLX. A weight that MLX scales is no weight of the other side's adapter.
    private IEnumerable<(string Path, int? Expert)> TargetsOf(AdapterModule module, ArchitectureMap map) => _layoutOfAdapter == ModelLayout.Mlx
        ? [(map.MlxPathOf(module.FullPath) ?? module.FullPath, null)]
        : map.MapToMlx(module.FullPath).Targets is var targets && targets.All(target => target.Scale is [])
            ? targets.Select(target => (target.Path, target.Expert)) : [];

    private (double Squares, long Count)? Measure(string mlxName, int? expert, CancellationToken cancellationToken)
    {
        double squares = 0;
        long count = 0;
        foreach ((string name, ImmutableArray<ModuleStep> steps) in _byMlxName.Value[mlxName])
        {
            if (expert is not null && steps.Expert() is { } own && own != expert)
            {
                continue;
            }

            LazyTensor tensor = _weights.Find(name)!;
            if (!IsFloat(tensor))
            {
                return null;
            }

            try
            {
                LazyTensor part = StepsOnTensor.Apply(tensor, steps, isBias: false);
                part = expert is { } one && steps.Expert() is null && part.Shape.Rank == 3 ? part.Slice(0, one, 1) : part;
                double norm = TensorProbe.Norm(part, cancellationToken);
                squares += norm * norm;
                count += part.Shape.ElementCount;
            }
            catch (Exception unfit) when (unfit is ArgumentException or OverflowException)
            {
                return null;
            }
        }

        return (squares, count);
    }

    private ILookup<string, (string Name, ImmutableArray<ModuleStep> Steps)> ByMlxName() => _weights.Names.SelectMany(
        name => _layoutOfBase == ModelLayout.Mlx
            ? [(MlxNameOf(name), (name, ImmutableArray<ModuleStep>.Empty))]
            : _map!.MapTensor(name).Targets.Select(target => (target.Name, (name, target.Steps)))).ToLookup(pair => pair.Item1, pair => pair.Item2);

    private string MlxNameOf(string name) =>
        name.EndsWith(Weight, StringComparison.Ordinal) && _map!.MlxPathOf(name[..^Weight.Length]) is { } path ? path + Weight : name;
}
