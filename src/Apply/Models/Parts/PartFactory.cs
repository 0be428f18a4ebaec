using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Weights;
using Transfuse.Apply.Quantization;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Models.Parts;

/// <summary>
/// Makes the parts of a decoder from a model's tensors. Every tensor is checked against the shape that the config demands before anything is read.
/// </summary>
internal sealed class PartFactory
{
    private const float SmallestNorm = 1e-7f;
    private readonly IModelWeights _weights;
    private readonly MlxQuantization? _quantization;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private readonly List<BackendWeight> _opened = [];
    private readonly Dictionary<string, LayerSlot> _slots = new(StringComparer.Ordinal);

    public PartFactory(ITensorBackend backend, ModelSettings settings, IModelWeights weights, MlxQuantization? quantization)
    {
        Backend = backend;
        Settings = settings;
        _weights = weights;
        _quantization = quantization;
    }

    /// <summary>What computes.</summary>
    public ITensorBackend Backend { get; }

    /// <summary>The model's entry and config.</summary>
    public ModelSettings Settings { get; }

    /// <summary>The layers that an adapter can take the place of, by path.</summary>
    public IReadOnlyDictionary<string, LayerSlot> Slots => _slots;

    /// <summary>Every weight that a part was made of.</summary>
    public IReadOnlyList<BackendWeight> Weights => _opened;

    /// <summary>Tensors that no part was made of.</summary>
    public IEnumerable<string> Unused => _weights.Names.Where(name => !_used.Contains(name));

    /// <summary>Whether there is a tensor of a name.</summary>
    public bool Has(string name) => _weights.Names.Contains(name);

    /// <summary>A linear map (out, in).</summary>
    /// <param name="path">Its path.</param>
    /// <param name="outputs">out.</param>
    /// <param name="inputs">in.</param>
    /// <param name="bias">Whether it has a bias.</param>
    /// <param name="normalized">Whether the rows of a weight that is not quantized are divided by their norms (baichuan_m1).</param>
    public LayerSlot Linear(string path, int outputs, int inputs, bool bias, bool normalized = false) => Slot(path, () =>
    {
        BackendWeight weight = Weight(path + ".weight", path, null, outputs, inputs);
        weight = normalized && weight.Source.Form is null ? Normalized(weight) : weight;
        return new BaseLinear(path, Backend, weight, bias ? Tensor(path + ".bias", outputs) : null);
    });

    /// <summary>The experts' linear maps (E, out, in).</summary>
    public LayerSlot Switch(string path, int experts, int outputs, int inputs, bool bias) => Slot(path, () =>
        new BaseSwitch(path, Backend, Weight(path + ".weight", path, experts, outputs, inputs), bias ? Tensor(path + ".bias", experts, outputs) : null));

    /// <summary>An embedding (V, d).</summary>
    public LayerSlot Embedding(string path, int ids, int width) =>
        Slot(path, () => new BaseEmbedding(path, Backend, Weight(path + ".weight", path, null, ids, width)));

    /// <summary>A stack of matrices (E, out, in) that no adapter reaches.</summary>
    public BackendWeight Stack(string path, int count, int outputs, int inputs) => Weight(path + ".weight", path, count, outputs, inputs);

    /// <summary>A matrix (out, in) that no adapter reaches.</summary>
    public BackendWeight Matrix(string name, int outputs, int inputs) => Weight(name, null, null, outputs, inputs);

    /// <summary>A small parameter.</summary>
    public Parameter Parameter(string name, params ReadOnlySpan<int> shape) => new(Backend, Tensor(name, shape));

    /// <summary>A small parameter of any shape with a number of elements.</summary>
    public Parameter Flat(string name, int count)
    {
        LazyTensor tensor = Float(name);
        return tensor.Shape.ElementCount == count ? new Parameter(Backend, tensor.Reshape(new TensorShape(count)))
            : throw Wrong(name, tensor, $"{count} elements");
    }

    /// <summary>A norm of the model's kind, or of another.</summary>
    public Norm Norm(string? path, int width, float epsilon, string? kind = null)
    {
        kind ??= Settings.Word("norm.kind")!;
        bool weighted = kind is not ("rms_noweight" or "layer_noaffine");
        bool biased = kind is "layer" or "layer_plus1" || (kind == "layer_biasopt" && Settings.Is("norm.bias", null, false));
        return new Norm(
            Backend, kind.StartsWith("layer", StringComparison.Ordinal), weighted ? Parameter(path + ".weight", width) : null,
            biased ? Parameter(path + ".bias", width) : null, epsilon)
        {
            Offset = kind is "rms_plus1" or "layer_plus1" ? 1 : kind == "rms_offset" ? OffsetOf(path!) : 0,
        };
    }

    // plamo2: what is added to a norm's weight depends on where it stands.
    private float OffsetOf(string path)
    {
        string slot = "norm.offsets." + path[(path.LastIndexOf('.') + 1)..];
        return Settings.Number(Settings.Has(slot) ? slot : "norm.offsets.final", null);
    }

    private BackendWeight Normalized(BackendWeight weight)
    {
        float[] factors = [.. Backend.ToSingles(Backend.RowNorms(weight, null, null, 0)).Select(norm => 1 / (norm + SmallestNorm))];
        return Opened(new WeightSource(weight.Source.Name, weight.Source.Values.Cast(DType.F32).ScaleRows(factors).Cast(weight.Source.Values.DType)));
    }

    private LayerSlot Slot(string path, Func<ModelLayer> make)
    {
        if (!_slots.TryGetValue(path, out LayerSlot? slot))
        {
            _slots.Add(path, slot = new LayerSlot(make()));
        }

        return slot;
    }

    private BackendWeight Weight(string name, string? path, int? experts, int outputs, int inputs)
    {
        LazyTensor values = Find(name);
        string wanted = experts is { } count ? $"({count}, {outputs}, {inputs})" : $"({outputs}, {inputs})";
        WeightSource source;
        try
        {
            source = path is not null && Form(path) is { } form
                ? new WeightSource(name, values, Find(path + ".scales"), form.HasBiases ? Find(path + ".biases") : null, form)
                : new WeightSource(name, values);
        }
        catch (ArgumentException broken)
        {
            throw new ModelException(ModelError.TensorInvalid, name, broken.Message);
        }

        return source.Rows == outputs && source.Columns == inputs && source.Experts == (experts ?? 1) && source.IsStack == (experts is not null)
            ? Opened(source)
            : throw Wrong(name, values, source.Form is null ? wanted : $"{wanted} packed as {source.Form}");
    }

    private BackendWeight Opened(WeightSource source)
    {
        BackendWeight weight = Backend.Open(source);
        _opened.Add(weight);
        return weight;
    }

    private QuantizationForm? Form(string path)
    {
        if (_quantization is null || !Has(path + ".scales") || _quantization.For(path) is not { } setting)
        {
            return null;
        }

        return QuantizationForm.TryCreate(setting)
            ?? throw new ModelException(ModelError.SettingNotRun, path,
                $"is quantized as {setting.Mode} with {setting.Bits} bits in groups of {setting.GroupSize}, which MLX does not have");
    }

    private LazyTensor Tensor(string name, params ReadOnlySpan<int> shape)
    {
        LazyTensor tensor = Float(name);
        TensorShape wanted = new([.. shape.ToArray().Select(extent => (long)extent)]);
        return tensor.Shape == wanted ? tensor : throw Wrong(name, tensor, wanted.ToString());
    }

    private LazyTensor Float(string name)
    {
        LazyTensor tensor = Find(name);
        return tensor.DType.IsFactorFloat() ? tensor : throw Wrong(name, tensor, "floats");
    }

    private LazyTensor Find(string name)
    {
        _used.Add(name);
        return _weights.Find(name) ?? throw new ModelException(ModelError.TensorMissing, name, $"is not among the model's {_weights.Names.Count} tensors");
    }

    private static ModelException Wrong(string name, LazyTensor tensor, string wanted) =>
        new(ModelError.TensorInvalid, name, $"is {tensor.DType} {tensor.Shape}; config.json asks for {wanted}");
}
