using System.Collections.Immutable;
using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models;

/// <summary>A decoder composed from its entry in the table: embedding, blocks, head.</summary>
internal sealed class Decoder
{
    private readonly ITensorBackend _backend;
    private readonly ImmutableArray<IBlock> _blocks;
    private readonly LayerSlot _embedding;
    private readonly NgramEmbedding? _ngrams;
    private readonly AltUpStreams? _streams;
    private readonly LayerInputs? _layerInputs;
    private readonly BackendWeight? _positions;
    private readonly Norm? _finalNorm;
    private readonly Norm? _embeddingNorm;
    private readonly LayerSlot? _head;
    private readonly float _embeddingScale;
    private readonly float _factor;
    private readonly float _divisor;
    private readonly float _softcap;

    public Decoder(PartFactory parts)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        int hidden = settings.Size("dims.H", null);
        Vocabulary = settings.Size("dims.V", null);
        _embedding = parts.Embedding(settings.Word("paths.embed")!, Vocabulary, hidden);
        _positions = settings.Word("embed.positions.path") is { } positions
            ? parts.Matrix(positions + ".weight", settings.Size("embed.positions.n", null), hidden) : null;
        _ngrams = NgramEmbedding.Create(parts);
        _streams = AltUpStreams.Create(parts);
        _layerInputs = LayerInputs.Create(parts);
        if (settings.Has("block.refused_when") && settings.Is("block.refused_when", null, false))
        {
            throw new ModelException(ModelError.SettingNotRun, settings.Word("block.refused_when")!, "is true, which is not run");
        }

        _blocks = [.. Enumerable.Range(0, settings.Blocks).Select(layer => BlockFactory.Create(parts, layer))];
        float epsilon = settings.Number(settings.Has("norm.final_eps") ? "norm.final_eps" : "norm.eps", null);
        bool weightless = settings.Word("norm.kind") is "rms_noweight" or "layer_noaffine";
        _finalNorm = weightless || settings.Has("paths.final_norm") ? parts.Norm(settings.Word("paths.final_norm"), hidden, epsilon) : null;
        _embeddingNorm = settings.Word("embed.post_norm") switch
        {
            "rms_noweight" => parts.Norm(null, hidden, 1e-5f, "rms_noweight"),
            "layer0_pre_norm" => parts.Norm(settings.LayerPath(0) + ".pre_norm", hidden, epsilon),
            _ => null,
        };
        bool tied = settings.Is("head.tie", null, false);
        if (settings.Has("head.refused_when") && settings.Is("head.refused_when", null, false))
        {
            throw new ModelException(
                ModelError.SettingNotRun, settings.Word("head.refused_when")!, "is set, which normalises the head by columns on loading; that is not run");
        }

        _head = tied ? null
            : parts.Linear(settings.Word("paths.head")!, Vocabulary, hidden, settings.Is("head.bias", null, false), settings.Word("head.normalize") == "rows");

        _embeddingScale = settings.Number("embed.scale", null, 1);
        if (settings.Word("embed.scale_rounding")?.StartsWith("bfloat16", StringComparison.Ordinal) == true)
        {
            _embeddingScale = (float)BitConverter.UInt32BitsToSingle(
                (BitConverter.SingleToUInt32Bits(_embeddingScale) + 0x7FFF + ((BitConverter.SingleToUInt32Bits(_embeddingScale) >> 16) & 1)) & 0xFFFF_0000);
        }

        _factor = settings.Number("head.mul", null, 1);
        _divisor = settings.Number("head.div", null, 1);
        if (settings.Has("head.pre_div") && settings.Is("head.pre_div_when", null, true))
        {
            // Linear: dividing what enters the head divides what leaves it.
            _divisor *= settings.Number("head.pre_div", null);
        }

        _softcap = settings.Number("head.softcap", null, 0);
    }

    /// <summary>Number of ids.</summary>
    public int Vocabulary { get; }

    /// <summary>Number of blocks that are run.</summary>
    public int Blocks => _blocks.Length;

    /// <summary>The vectors that enter the first block, (b, L, H).</summary>
    public BackendArray Embed(Step step)
    {
        BackendArray h = _embedding.Embed(step.Ids);
        h = _embeddingScale == 1 ? h : _backend.Affine(h, _embeddingScale, 0);
        if (_positions is not null)
        {
            if (step.Offset + step.Length > _positions.Rows)
            {
                throw new ArgumentException($"The model has {_positions.Rows} positions; {step.Offset + step.Length} are needed.");
            }

            h = _backend.Add(h, _backend.Embed(_positions, _backend.FromIntegers([.. Enumerable.Range(step.Offset, step.Length)], step.Length)));
        }

        h = _ngrams?.Forward(h, step) ?? h;
        _layerInputs?.Prepare(h, step);
        h = _streams?.Part(h) ?? h;
        return _embeddingNorm?.Forward(h) ?? h;
    }

    /// <summary>One block.</summary>
    public BackendArray Run(int layer, BackendArray h, Step step)
    {
        BackendArray result = _blocks[layer].Forward(h, step, step.Cache.States[layer]);
        _backend.Begin(result);
        return result;
    }

    /// <summary>Logits (b, L, V) of what left the last block.</summary>
    public BackendArray Head(BackendArray h)
    {
        h = _streams?.Merge(h) ?? h;
        h = _finalNorm?.Forward(h) ?? h;
        BackendArray logits = _head?.Forward(h) ?? _embedding.AsLinear(h);
        if (_factor != 1 || _divisor != 1)
        {
            logits = _backend.Affine(logits, _factor / _divisor, 0);
        }

        return SoftCap.Apply(_backend, logits, _softcap);
    }
}
