using System.Collections.Immutable;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Metadata.Targets;

/// <summary>What a reader of adapters accepts, as data.</summary>
/// <example>
/// <code>
/// TargetProfile both = TargetProfile.MlxLm.Intersect(TargetProfile.MlxSwift);
/// TargetProfile? named = TargetProfile.Find("mlx-vlm");
/// </code>
/// </example>
public sealed record TargetProfile
{
    /// <summary>The name on the command line, such as <c>mlx-lm</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its family of folders.</summary>
    public required AdapterDialect Dialect { get; init; }

    /// <summary>Kinds of modules that it adapts.</summary>
    public required ImmutableHashSet<ModuleKind> Kinds { get; init; }

    /// <summary>Kinds of modules that it knows as DoRA.</summary>
    public required ImmutableHashSet<ModuleKind> DoraKinds { get; init; }

    /// <summary>Whether modules without magnitudes may stand beside DoRA modules.</summary>
    public bool AllowsMixedDora { get; init; }

    /// <summary>Whether every module has the same rank and the same scale.</summary>
    public bool OneRankAndScale { get; init; }

    /// <summary>How it understands keys; meaningless for PEFT.</summary>
    public KeyForms KeyForms { get; init; }

    /// <summary>Whether its config carries Unsloth's fields (base id, module paths).</summary>
    public bool CarriesUnslothFields { get; init; }

    /// <summary>Whether it loads weights of the base that lie beside an adapter in an MLX file; meaningless for PEFT.</summary>
    public bool LoadsBaseWeights { get; init; }

    /// <summary>Whether an adapter can be written for it; otherwise it is for <c>check</c> only.</summary>
    public bool IsWritable { get; init; } = true;

    /// <summary>mlx-lm 0.32: validates every tensor's name and shape; adapts Linear, Embedding and stacked experts.</summary>
    public static TargetProfile MlxLm { get; } = new()
    {
        Name = "mlx-lm",
        Dialect = AdapterDialect.Mlx,
        Kinds = [ModuleKind.Linear, ModuleKind.Embedding, ModuleKind.Experts],
        DoraKinds = [ModuleKind.Linear, ModuleKind.Embedding],
        OneRankAndScale = true,
        KeyForms = KeyForms.Relative | KeyForms.FullPath,
    };

    /// <summary>mlx-swift-lm 3.31: adapts Linear inside the layers only, by relative keys.</summary>
    public static TargetProfile MlxSwift { get; } = MlxLm with
    {
        Name = "mlx-swift",
        Kinds = [ModuleKind.Linear],
        KeyForms = KeyForms.Relative,
        LoadsBaseWeights = true,
    };

    /// <summary>mlx-vlm 0.6: adapts Linear by full-path keys and drops unknown tensors silently.</summary>
    public static TargetProfile MlxVlm { get; } = MlxLm with
    {
        Name = "mlx-vlm",
        Kinds = [ModuleKind.Linear],
        KeyForms = KeyForms.FullPath,
        LoadsBaseWeights = true,
    };

    /// <summary>Unsloth on MLX (unsloth-zoo 2026.8): full paths, explicit module paths, a base id.</summary>
    public static TargetProfile Unsloth { get; } = MlxLm with
    {
        Name = "unsloth",
        AllowsMixedDora = true,
        KeyForms = KeyForms.FullPath,
        LoadsBaseWeights = true,
        CarriesUnslothFields = true,
    };

    /// <summary>PEFT 0.21: every kind; rank and scale for each module through patterns.</summary>
    public static TargetProfile Peft { get; } = new()
    {
        Name = "peft",
        Dialect = AdapterDialect.Peft,
        Kinds = [.. Enum.GetValues<ModuleKind>()],
        DoraKinds = [ModuleKind.Linear, ModuleKind.Embedding, ModuleKind.Convolution],
        AllowsMixedDora = false,
    };

    /// <summary>vLLM: one scale for all, no DoRA, no replacements, a rank limit.</summary>
    public static TargetProfile Vllm { get; } = Peft with { Name = "vllm", DoraKinds = [], OneRankAndScale = true, IsWritable = false };

    /// <summary>SGLang: reads patterns for admission; no DoRA, no replacements.</summary>
    public static TargetProfile Sglang { get; } = Peft with { Name = "sglang", DoraKinds = [], IsWritable = false };

    /// <summary>All profiles.</summary>
    public static ImmutableArray<TargetProfile> All { get; } = [MlxLm, MlxSwift, MlxVlm, Unsloth, Peft, Vllm, Sglang];

    /// <summary>The profile of a name, or <see langword="null"/>.</summary>
    public static TargetProfile? Find(string name) => All.FirstOrDefault(profile => profile.Name == name);

    /// <summary>What both readers accept.</summary>
    /// <param name="other">Another profile of the same dialect.</param>
    /// <exception cref="ArgumentException">The dialects differ: both call their config <c>adapter_config.json</c>, so no folder serves both.</exception>
    public TargetProfile Intersect(TargetProfile other)
    {
        if (Dialect != other.Dialect)
        {
            throw new ArgumentException(
                $"No folder suits both {Name} and {other.Name}: their configs have the same name and different content.", nameof(other));
        }

        return this with
        {
            Name = $"{Name},{other.Name}",
            Kinds = Kinds.Intersect(other.Kinds),
            DoraKinds = DoraKinds.Intersect(other.DoraKinds),
            AllowsMixedDora = AllowsMixedDora && other.AllowsMixedDora,
            OneRankAndScale = OneRankAndScale || other.OneRankAndScale,
            KeyForms = KeyForms & other.KeyForms,
            CarriesUnslothFields = CarriesUnslothFields || other.CarriesUnslothFields,
            LoadsBaseWeights = LoadsBaseWeights && other.LoadsBaseWeights,
            IsWritable = IsWritable && other.IsWritable,
        };
    }
}
