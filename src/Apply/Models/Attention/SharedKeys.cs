using Transfuse.Apply.Backends;
using Transfuse.Apply.Models.Configs;
using Transfuse.Apply.Models.Expressions;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Attention;

/// <summary>Layers that use the keys and values of an earlier layer: as attention saw them, or as they were projected.</summary>
internal sealed class SharedKeys
{
    private readonly string _name;
    private readonly bool _isOwner;
    private readonly bool _onlyCached;

    private SharedKeys(string name, bool isOwner, bool isRaw, bool onlyCached = false) =>
        (_name, _isOwner, IsRaw, _onlyCached) = (name, isOwner, isRaw, onlyCached);

    /// <summary>Whether the layer has matrices for keys and values of its own.</summary>
    public bool OwnsKeys => _isOwner || _onlyCached;

    /// <summary>Whether projections are shared, before norm and rotation.</summary>
    public bool IsRaw { get; }

    /// <summary>Whether the layer norms keys.</summary>
    public bool OwnsNorms => OwnsKeys || IsRaw;

    public static SharedKeys? Create(ModelSettings settings, int layer)
    {
        string? kind = settings.Word("attn.kv_share.kind");
        bool owns = settings.Is("attn.kv_share.owner", layer, true);
        return kind switch
        {
            null => null,
            "post_rope" => new SharedKeys("keys of " + PythonValue.Describe(settings.Evaluate("attn.kv_share.type", layer)), owns, false),
            "cla_raw" => new SharedKeys("keys", owns, true),
            "last_kv" => new SharedKeys("keys", owns, false),
            "cache_state" => new SharedKeys("keys of " + PythonValue.Describe(settings.Evaluate("attn.kv_share.type", layer)), owns, false, onlyCached: true),
            _ => throw new ModelException(ModelError.SettingNotRun, "attn.kv_share", $"is '{kind}', which is not run"),
        };
    }

    /// <summary>
    /// Whether the layer uses what an earlier layer's attention saw; a layer of Gemma 3n does with a cache, and otherwise has keys of its own (mlx-lm
    /// 0.32.0).
    /// </summary>
    public bool Takes(Step step) => !_isOwner && !IsRaw && !(_onlyCached && step.IsWhole);

    /// <summary>How far behind the tokens' own positions the queries are: Gemma 3n asks the cache that has already moved on.</summary>
    public int QueryShift(Step step) => _onlyCached && Takes(step) ? step.Length : 0;

    /// <summary>Hands projections on, or takes those of an earlier layer.</summary>
    public (BackendArray? Keys, BackendArray? Values) Raw(Step step, BackendArray? keys, BackendArray? values)
    {
        if (IsRaw && keys is not null)
        {
            step.Shared[_name] = (keys, values!);
        }

        return IsRaw && keys is null ? Take(step) : (keys, values);
    }

    /// <summary>Hands on what attention saw.</summary>
    public void Give(Step step, BackendArray keys, BackendArray values)
    {
        if (!IsRaw && _isOwner)
        {
            step.Shared[_name] = (keys, values);
        }
    }

    /// <summary>What an earlier layer handed on.</summary>
    public (BackendArray Keys, BackendArray Values) Take(Step step) => step.Shared.TryGetValue(_name, out object? shared)
        ? ((BackendArray, BackendArray))shared!
        : throw new ModelException(ModelError.FieldInvalid, "attn.kv_share", "a layer shares keys that no layer before it has");
}
