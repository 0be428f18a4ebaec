using System.Runtime.InteropServices;
using Transfuse.Apply.Models.Table;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Architectures.Weights;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Models.Weights;

/// <summary>Tensors of a Hugging Face folder under MLX's names and in MLX's layout: what mlx-lm (0.32.0) makes of them on loading, lazily.</summary>
internal sealed class HfWeights : IModelWeights
{
    private readonly Dictionary<string, Func<LazyTensor>> _tensors = new(StringComparer.Ordinal);

    /// <summary>Maps all tensors.</summary>
    /// <param name="files">The files.</param>
    /// <param name="map">How names and layouts correspond.</param>
    /// <param name="entry">The model type, which names what else changes on the way.</param>
    /// <exception cref="ModelException">A tensor cannot be mapped.</exception>
    public HfWeights(BaseWeights files, ArchitectureMap map, ModelEntry entry)
    {
        var stacks = new Dictionary<string, SortedDictionary<int, (LazyTensor Tensor, TensorTarget Target)>>(StringComparer.Ordinal);
        foreach (string name in files.Names)
        {
            TensorMapping mapping = map.MapTensor(name);
            if (mapping.Finding is { } finding)
            {
                throw new ModelException(ModelError.TensorInvalid, name, finding.Message);
            }

            LazyTensor tensor = files.Find(name)!;
            foreach (TensorTarget target in mapping.Targets)
            {
                if (target.Steps.OfType<ModuleStep.StackExpert>().FirstOrDefault() is { } stack)
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(stacks, target.Name, out _) ??= [];
                    stacks[target.Name][stack.Expert] = (tensor, target);
                    continue;
                }

                _tensors[target.Name] = () => Adjust(entry, target.Name, Transform(tensor, target));
            }
        }

        foreach ((string name, SortedDictionary<int, (LazyTensor Tensor, TensorTarget Target)> experts) in stacks)
        {
            if (experts.Keys.Max() != experts.Count - 1)
            {
                throw new ModelException(ModelError.TensorMissing, name, $"has experts up to {experts.Keys.Max()}, but only {experts.Count} of them");
            }

            _tensors[name] = () => LazyTensorOperations.Stack([.. experts.Values.Select(expert => Transform(expert.Tensor, expert.Target))]);
        }

        Names = _tensors.Keys.ToHashSet(StringComparer.Ordinal);
    }

    /// <inheritdoc />
    public IReadOnlySet<string> Names { get; }

    /// <inheritdoc />
    public LazyTensor? Find(string name) => _tensors.GetValueOrDefault(name)?.Invoke();

    private static LazyTensor Transform(LazyTensor tensor, TensorTarget target)
    {
        try
        {
            return StepsOnTensor.Apply(tensor, target.Steps, target.Name.EndsWith(".bias", StringComparison.Ordinal));
        }
        catch (Exception broken) when (broken is ArgumentException or OverflowException)
        {
            throw new ModelException(ModelError.TensorInvalid, target.Name, $"cannot be made of {tensor.DType} {tensor.Shape}: {broken.Message}");
        }
    }

    // What the table of architectures does not tell, since no adapter sees it: convolutions and norms.
    private static LazyTensor Adjust(ModelEntry entry, string name, LazyTensor tensor)
    {
        if (tensor.Shape.Rank == 3 && tensor.Shape[1] == 1 && tensor.Shape[2] > 1 && name.Contains("conv", StringComparison.Ordinal))
        {
            return tensor.Permute(0, 2, 1);
        }

        bool isZeroCentred = entry.Find("hf_norms_plus_one") is JsonArray norms
            && norms.Items.OfType<JsonString>().Any(norm => name.EndsWith(norm.Value, StringComparison.Ordinal));
        if (!isZeroCentred || !tensor.DType.IsFactorFloat())
        {
            return tensor;
        }

        float[] values = tensor.ToSingles();
        for (int i = 0; i < values.Length; i++)
        {
            values[i]++;
        }

        return new MemoryTensor(DType.F32, tensor.Shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray()).Cast(tensor.DType);
    }
}
