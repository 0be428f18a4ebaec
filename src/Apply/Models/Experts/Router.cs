using Transfuse.Apply.Backends;
using Transfuse.Apply.Layers;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Experts;

/// <summary>Chooses experts for tokens and weighs them (mlx-models.md 6).</summary>
internal sealed class Router
{
    private readonly ITensorBackend _backend;
    private readonly LayerSlot? _linear;
    private readonly BackendWeight? _matrix;
    private readonly Parameter? _inputScale;
    private readonly Parameter? _selectionBias;
    private readonly Parameter? _expertScale;
    private readonly string _score;
    private readonly bool _widensInput;
    private readonly bool _widensScores;
    private readonly bool _narrowsWeights;
    private readonly bool _selectsInScores;
    private readonly float _softcap;
    private readonly float _inputFactor;
    private readonly float _epsilon;
    private readonly int _groups;
    private readonly int _keptGroups;
    private readonly bool _groupsByMax;
    private readonly bool _renormalizes;
    private readonly float _renormEpsilon;
    private readonly float _renormMinimum;
    private readonly float _scale;

    public Router(PartFactory parts, string path, int layer, int experts)
    {
        ModelSettings settings = parts.Settings;
        _backend = parts.Backend;
        int hidden = settings.Size("dims.H", layer);
        string name = Paths.Join(path, settings.Word("moe.router.path"));
        if (settings.Word("moe.router.param") == "weight")
        {
            _matrix = parts.Matrix(name + ".weight", experts, hidden);
        }
        else
        {
            _linear = parts.Linear(name, experts, hidden, settings.Is("moe.router.bias", layer, false));
        }

        Choices = settings.Size("moe.router.top_k", layer);
        if (Choices > experts)
        {
            throw new ModelException(ModelError.FieldInvalid, "moe.router.top_k", $"is {Choices}, but there are {experts} experts");
        }

        _score = settings.Word("moe.router.score") ?? "softmax";
        _widensInput = settings.Word("moe.router.in_dtype") == "f32";
        _widensScores = settings.Word("moe.router.score_dtype") == "f32";
        _narrowsWeights = settings.Word("moe.router.out_dtype") == "model";
        _selectsInScores = settings.Word("moe.router.sel_dtype") == "score";
        WidensSum = (_widensScores && !_narrowsWeights) || settings.Word("moe.combine_cast") == "f32";
        _softcap = settings.Number("moe.router.softcap", layer, 0);
        if (settings.Word("moe.router.input_norm") is { } scale)
        {
            _inputScale = parts.Parameter(Paths.Join(path, scale), hidden);
            _inputFactor = 1 / MathF.Sqrt(hidden);
            _epsilon = settings.Number("norm.eps", layer);
        }

        if (settings.Word("moe.router.sel_bias") is { } bias && settings.Is("moe.router.sel_bias_when", layer, true))
        {
            _selectionBias = parts.Parameter(Paths.Join(path, bias), experts);
        }

        _expertScale = settings.Word("moe.router.per_expert_scale") is { } perExpert ? parts.Parameter(Paths.Join(path, perExpert), experts) : null;
        if (settings.Has("moe.router.groups") && settings.Is("moe.router.groups.when", layer, true))
        {
            _groups = settings.Size("moe.router.groups.n", layer, 1);
            _keptGroups = settings.Size("moe.router.groups.keep", layer, 1);
            _groupsByMax = settings.Word("moe.router.groups.score") == "max";
            if (experts % _groups != 0 || _keptGroups > _groups || (!_groupsByMax && _groups > 1 && experts / _groups < 2))
            {
                throw new ModelException(
                    ModelError.FieldInvalid, "moe.router.groups", $"{_keptGroups} of {_groups} groups of {experts} experts cannot be chosen");
            }
        }

        _renormalizes = settings.Is("moe.router.renorm", layer, false) && !(settings.Is("moe.router.renorm_if_k_gt_1", layer, false) && Choices == 1);
        _renormEpsilon = settings.Number("moe.router.renorm_eps", layer, 0);
        _renormMinimum = settings.Number("moe.router.renorm_min", layer, 0);
        _scale = settings.Number("moe.router.scale", layer, 1);
    }

    /// <summary>Number of experts for each token.</summary>
    public int Choices { get; }

    /// <summary>Whether what the experts give is weighed and summed in float32.</summary>
    public bool WidensSum { get; }

    /// <summary>Indices and weights (tokens, k) for tokens (tokens, H).</summary>
    public (BackendArray Experts, BackendArray Weights) Forward(BackendArray x)
    {
        BackendArray input = x;
        x = _widensInput ? _backend.Widen(x) : x;
        if (_inputScale is not null)
        {
            x = _backend.RmsNorm(x, _backend.Affine(_inputScale.Value, _inputFactor, 0), _epsilon);
        }

        BackendArray logits = _linear?.Forward(x) ?? _backend.Linear(x, _matrix!, null);
        logits = SoftCap.Apply(_backend, logits, _softcap);
        logits = _widensScores ? _backend.Widen(logits) : logits;
        BackendArray scores = _score switch
        {
            "softmax" => _backend.Softmax(logits),
            "sigmoid" => _backend.Apply(UnaryOperation.Sigmoid, logits),
            "sqrtsoftplus" => _backend.Apply(UnaryOperation.Sqrt, _backend.Apply(UnaryOperation.Softplus, logits)),
            "identity" or "sigmoid_of_selected_logit" => logits,
            _ => throw new ModelException(ModelError.SettingNotRun, "moe.router.score", $"is '{_score}', which is not run"),
        };
        BackendArray selection = _selectionBias is null ? scores
            : _selectsInScores ? _backend.Add(scores, _backend.CastLike(_selectionBias.Value, scores))
            : _backend.Add(_backend.Widen(scores), _backend.Widen(_selectionBias.Value));
        BackendArray experts = _backend.TopK(_groups > 1 && _keptGroups < _groups ? KeepGroups(selection) : selection, Choices);
        BackendArray weights = _backend.TakeAlong(scores, experts);
        weights = _score switch
        {
            "identity" => _backend.Softmax(weights),
            "sigmoid_of_selected_logit" => _backend.Apply(UnaryOperation.Sigmoid, weights),
            _ => weights,
        };
        if (_renormalizes)
        {
            BackendArray sum = _backend.Affine(_backend.Sum(weights, -1), 1, _renormEpsilon);
            weights = _backend.Divide(weights, _renormMinimum > 0 ? _backend.Clip(sum, _renormMinimum, float.PositiveInfinity) : sum);
        }

        weights = _scale == 1 ? weights : _backend.Affine(weights, _scale, 0);
        weights = _expertScale is null ? weights : _backend.Multiply(weights, _backend.Take(_expertScale.Value, experts));
        return (experts, _narrowsWeights ? _backend.CastLike(weights, input) : weights);
    }

    // The groups that are not among the best count as 0, as in mlx-lm, not as minus infinity.
    private BackendArray KeepGroups(BackendArray selection)
    {
        int tokens = selection[0], experts = selection[1], each = experts / _groups;
        float[] values = _backend.ToSingles(selection);
        float[] kept = new float[values.Length];
        for (int t = 0; t < tokens; t++)
        {
            int start = t * experts;
            IEnumerable<int> best = Enumerable.Range(0, _groups)
                .OrderByDescending(group => Score(values.AsSpan(start + (group * each), each)))
                .Take(_keptGroups);
            foreach (int group in best)
            {
                values.AsSpan(start + (group * each), each).CopyTo(kept.AsSpan(start + (group * each)));
            }
        }

        return _backend.FromSingles(kept, tokens, experts);
    }

    private float Score(ReadOnlySpan<float> group)
    {
        float first = float.NegativeInfinity, second = float.NegativeInfinity;
        foreach (float value in group)
        {
            (first, second) = value > first ? (value, first) : (first, MathF.Max(second, value));
        }

        return _groupsByMax ? first : first + second;
    }
}
