using Transfuse.Apply.Fusing.Models;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Apply.Fusing.Placing;

/// <summary>The base's input embedding and output head, which may be one weight.</summary>
internal sealed class TiedWeights
{
    private const string DefaultField = "tie_word_embeddings";
    private const string DefaultHead = "lm_head";
    private const string Weight = ".weight";
    private readonly WeightLookup _lookup;
    private readonly Architecture? _architecture;
    private readonly bool _headIsStored;

    public TiedWeights(ModelFolder folder, WeightLookup lookup, ArchitectureMap? map)
    {
        _lookup = lookup;
        _architecture = map?.Architecture;
        Embedding = PathOf(ModuleRole.InputEmbedding).Select(path => lookup.Find(path + Weight)).FirstOrDefault(name => name is not null)
?? (map is null ? folder.Names.FirstOrDefault(
    name => name.EndsWith(Weight, StringComparison.Ordinal)
        && EmbeddingNames.Contains(ModulePath.LeafOf(WeightLookup.ModuleOf(name)))
        && !ModulePath.Parse(name).IsInLayer) : null);
        string? stored = PathOf(ModuleRole.Head).Append(DefaultHead).Select(path => lookup.Find(path + Weight)).FirstOrDefault(
            name => name is not null && name != Embedding);
        _headIsStored = stored is not null;
        BaseConfig config = folder.Model.Config;
        bool? flag = _architecture is null ? config.TyingForHuggingFace(DefaultField)
            : lookup.Layout == ModelLayout.Mlx ? _architecture.Tying.IsTiedInMlx(config)
            : _architecture.Tying.IsTiedInHuggingFace(config);
        IsTied = Embedding is not null && (flag ?? !_headIsStored);
        Head = stored ?? (IsTied ? NewHead() : null);
    }

    /// <summary>The embedding's tensor, or <see langword="null"/> where it is not known.</summary>
    public string? Embedding { get; }

    /// <summary>The head's tensor, or the name that it gets where the base has none of its own; <see langword="null"/> where there can be none.</summary>
    public string? Head { get; }

    /// <summary>Whether the model uses one weight for both.</summary>
    public bool IsTied { get; }

    /// <summary>The field of config.json that says so.</summary>
    public string Field => _architecture?.Tying.Field ?? DefaultField;

    /// <summary>Whether the model's code can have a head of its own.</summary>
    public bool CanUntie => Head is not null && (_lookup.Layout != ModelLayout.Mlx || _architecture?.Tying.Mlx != MlxTying.Always);

    /// <summary>The tensor whose values a weight starts from: a tied head starts from the embedding.</summary>
    public string SourceOf(string weight) => IsTied && weight == Head ? Embedding! : weight;

    /// <summary>What a module is for.</summary>
    public ModuleRole RoleOf(string path)
    {
        foreach (ModuleRole role in new[] { ModuleRole.InputEmbedding, ModuleRole.Head })
        {
            if (PathOf(role).Any(known => known == path) || (GlobalOf(role)?.HuggingFace.Any(pattern => pattern.TryMatch(path, out _)) ?? false))
            {
                return role;
            }
        }

        return _lookup.Find(path + Weight) is { } name && name == Embedding ? ModuleRole.InputEmbedding
            : path == DefaultHead || (Head is not null && path + Weight == Head) ? ModuleRole.Head
            : ModuleRole.None;
    }

    private IEnumerable<string> PathOf(ModuleRole role)
    {
        if (GlobalOf(role) is not { } global)
        {
            return [];
        }

        IEnumerable<PathPattern> huggingFace = [global.Transformers4, global.Transformers5, .. global.Aliases];
        IEnumerable<PathPattern> mlx = global.Mlx is { } own ? [own] : [];
        return (_lookup.Layout == ModelLayout.Mlx ? mlx.Concat(huggingFace) : huggingFace.Concat(mlx))
            .Select(pattern => pattern.Path)
            .Where(path => !path.Contains('{'));
    }

    private GlobalModule? GlobalOf(ModuleRole role) => _architecture?.Globals.FirstOrDefault(global => global.Role == role);

    // Under the root that the embedding has in this base.
    private string? NewHead()
    {
        if (_architecture is null)
        {
            return DefaultHead + Weight;
        }

        if (_lookup.Layout == ModelLayout.Mlx && GlobalOf(ModuleRole.Head) is { Mlx: null })
        {
            return null;
        }

        string? head = PathOf(ModuleRole.Head).FirstOrDefault() ?? DefaultHead;
        string? known = PathOf(ModuleRole.InputEmbedding).FirstOrDefault(path => Embedding!.EndsWith(path + Weight, StringComparison.Ordinal));
        string root = known is null ? string.Empty : Embedding![..^(known.Length + Weight.Length)];
        return root + head + Weight;
    }
}
