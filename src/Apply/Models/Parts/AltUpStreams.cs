using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Configs;

namespace Transfuse.Apply.Models.Parts;

/// <summary>Makes the streams of Gemma 3n from embeddings, and one vector from the streams; all get the magnitude of the first (mlx-models.md 8).</summary>
internal sealed class AltUpStreams
{
    private readonly ITensorBackend _backend;
    private readonly LayerSlot[] _apart;
    private readonly LayerSlot[] _together;

    private AltUpStreams(PartFactory parts)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        string embedding = settings.Word("paths.embed")!, root = embedding[..embedding.LastIndexOf('.')];
        int hidden = settings.Size("dims.H", null), streams = settings.FieldSize("altup_num_inputs");
        if (streams is < 2 or > 64)
        {
            throw new ModelException(ModelError.FieldInvalid, "altup_num_inputs", $"is {streams}; from 2 to 64 are run");
        }

        LayerSlot[] Each(string name) => [.. Enumerable.Range(0, streams - 1).Select(index => parts.Linear($"{root}.{name}.{index}", hidden, hidden, false))];
        _apart = Each("altup_projections");
        _together = Each("altup_unembed_projections");
    }

    public static AltUpStreams? Create(PartFactory parts) => parts.Settings.Word("block.placement") == "altup_laurel" ? new AltUpStreams(parts) : null;

    /// <summary>(b, L, H) to (n, b, L, H).</summary>
    public BackendArray Part(BackendArray h)
    {
        BackendArray magnitude = Magnitude(h);
        BackendArray Stream(BackendArray x) => _backend.Reshape(x, 1, x[0], x[1], x[2]);
        return _backend.Concat(0, [Stream(h), .. _apart.Select(projection => Stream(Scaled(projection.Forward(h), magnitude)))]);
    }

    /// <summary>(n, b, L, H) to (b, L, H): the mean.</summary>
    public BackendArray Merge(BackendArray streams)
    {
        BackendArray Stream(int index) => _backend.Reshape(_backend.Slice(streams, 0, index, 1), streams[1], streams[2], streams[3]);
        BackendArray sum = Stream(0), magnitude = Magnitude(sum);
        for (int i = 0; i < _together.Length; i++)
        {
            sum = _backend.Add(sum, Scaled(_together[i].Forward(Stream(i + 1)), magnitude));
        }

        return _backend.Affine(sum, 1f / (1 + _together.Length), 0);
    }

    private BackendArray Scaled(BackendArray x, BackendArray magnitude) => _backend.Multiply(x, _backend.Divide(magnitude, Magnitude(x)));

    private BackendArray Magnitude(BackendArray x) =>
        _backend.Apply(UnaryOperation.Sqrt, _backend.Affine(_backend.Sum(_backend.Apply(UnaryOperation.Square, x), -1), 1f / x[^1], 0));
}
