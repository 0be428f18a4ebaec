using System.Collections.Immutable;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>
/// The tensors of one adapted module, by their own names, such as <c>hada_w1_a</c>. What is asked for and is missing or misshapen becomes a finding.
/// </summary>
/// <param name="path">The module's path in the transformers model.</param>
/// <param name="log">Takes the findings.</param>
internal sealed class MethodParts(string path, FindingLog log)
{
    private readonly Dictionary<string, LazyTensor> _tensors = new(StringComparer.Ordinal);

    public string Path => path;

    public FindingLog Log => log;

    public IEnumerable<string> Names => _tensors.Keys.Order(StringComparer.Ordinal);

    public bool Has(string name) => _tensors.ContainsKey(name);

    /// <summary>A tensor's extents; none where it is missing.</summary>
    public ImmutableArray<long> ShapeOf(string name) => _tensors.TryGetValue(name, out LazyTensor? tensor) ? tensor.Shape.Dimensions : [];

    /// <summary>Adds a tensor, unless the name is taken.</summary>
    public bool TryAdd(string name, LazyTensor tensor) => _tensors.TryAdd(name, tensor);

    /// <summary>A tensor of any type and shape, or <see langword="null"/> with a finding.</summary>
    public LazyTensor? Find(string name)
    {
        if (_tensors.TryGetValue(name, out LazyTensor? tensor))
        {
            return tensor;
        }

        log.Add(MethodCodes.PartMissing.At(path, $"has {string.Join(", ", Names.DefaultIfEmpty("nothing"))}, but no {name}"));
        return null;
    }

    /// <summary>A tensor of floats of a given number of axes, all longer than 0, or <see langword="null"/> with a finding.</summary>
    public LazyTensor? Get(string name, int axes)
    {
        if (Find(name) is not { } tensor)
        {
            return null;
        }

        if (!tensor.DType.IsFactorFloat())
        {
            return Refuse($"{name} is {tensor.DType.SafetensorsName()}, no float16, bfloat16, float32 or float64");
        }

        if (tensor.Shape.Rank != axes || tensor.Shape.ElementCount == 0)
        {
            return Refuse($"{name} is {tensor.Shape}, but {axes} {(axes == 1 ? "axis belongs" : "axes belong")} there, none of them empty");
        }

        return tensor;
    }

    /// <summary>A matrix, or <see langword="null"/> with a finding.</summary>
    public LazyTensor? Matrix(string name) => Get(name, 2);

    /// <summary>A vector, or <see langword="null"/> with a finding.</summary>
    public LazyTensor? Vector(string name) => Get(name, 1);

    /// <summary>Reports tensors that do not fit together.</summary>
    /// <returns>Always <see langword="null"/>.</returns>
    public LazyTensor? Refuse(string message)
    {
        log.Add(MethodCodes.PartShape.At(path, message));
        return null;
    }

    /// <summary>Whether a condition holds; if not, the tensors are named with their shapes.</summary>
    public bool Require(bool fits, params ReadOnlySpan<string> names)
    {
        if (!fits)
        {
            var shapes = new List<string>();
            foreach (string name in names)
            {
                shapes.Add($"{name} is {_tensors[name].Shape}");
            }

            Refuse(string.Join(", ", shapes));
        }

        return fits;
    }
}
