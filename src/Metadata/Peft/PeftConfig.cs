using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Matching;

namespace Transfuse.Metadata.Peft;

/// <summary>
/// The <c>adapter_config.json</c> of PEFT (fields of PEFT 0.21's <c>LoraConfig</c> and its base classes).
/// For another <see cref="PeftType"/> than LORA only the fields of the base classes and <see cref="Source"/> are filled.
/// </summary>
internal sealed record PeftConfig
{
    /// <summary>The rank that PEFT takes where the config has none (all versions).</summary>
    public const int DefaultRank = 8;

    /// <summary>The alpha that PEFT takes where the config has none (0.4 to 0.21), whatever the rank.</summary>
    public const double DefaultAlpha = 8;

    /// <summary>The config's name in findings.</summary>
    public required string FileName { get; init; }

    /// <summary>Every field as it stands in the file, also those that are not known.</summary>
    public required JsonObject Source { get; init; }

    /// <summary>What all its patterns share.</summary>
    public RegexBudget Patterns { get; init; } = new();

    /// <summary>The names of the fields that PEFT 0.21 does not know, in the order of the file.</summary>
    public ImmutableArray<string> UnknownFields { get; init; } = [];

    /// <summary><c>peft_type</c>, in upper case; empty where it could not be told.</summary>
    public string PeftType { get; init; } = string.Empty;

    /// <summary>Whether the adapter is one of LoRA, plain or a variant.</summary>
    public bool IsLora => PeftType == PeftTypes.Lora;

    /// <summary><c>task_type</c>; <see langword="null"/> where missing, null or unknown.</summary>
    public string? TaskType { get; init; }

    /// <summary><c>base_model_name_or_path</c>; <see langword="null"/> where missing, null or empty.</summary>
    public string? BaseModel { get; init; }

    /// <summary><c>revision</c> of the base model.</summary>
    public string? Revision { get; init; }

    /// <summary><c>peft_version</c>; <see langword="null"/> where missing (before 0.18.0, and third parties) or unreadable.</summary>
    public PeftVersion? Version { get; init; }

    /// <summary><c>r</c>; <see cref="DefaultRank"/> where the config has none.</summary>
    public int Rank { get; init; } = DefaultRank;

    /// <summary><c>lora_alpha</c>; <see cref="DefaultAlpha"/> where the config has none.</summary>
    public double Alpha { get; init; } = DefaultAlpha;

    /// <summary><c>lora_dropout</c>: training only. Default 0.</summary>
    public double Dropout { get; init; }

    /// <summary><c>use_rslora</c>: the scale is alpha / sqrt(r). Default false.</summary>
    public bool UseRslora { get; init; }

    /// <summary><c>fan_in_fan_out</c>. Unreliable: PEFT overwrites it while it goes through the modules. Default false.</summary>
    public bool FanInFanOut { get; init; }

    /// <summary><c>bias</c>: "none", "all" or "lora_only". Default "none".</summary>
    public string Bias { get; init; } = "none";

    public PeftModuleSelector TargetModules { get; init; } = PeftModuleSelector.ModelDefault;

    /// <summary><c>exclude_modules</c>, which wins over targets.</summary>
    public PeftModuleSelector ExcludeModules { get; init; } = PeftModuleSelector.None;

    /// <summary><c>target_parameters</c>; <see langword="null"/> where missing or null.</summary>
    public ImmutableArray<string>? TargetParameters { get; init; }

    /// <summary><c>modules_to_save</c>: modules that are replaced, as in the file.</summary>
    public ImmutableArray<string> ModulesToSave { get; init; } = [];

    /// <summary><c>layers_to_transform</c>; <see langword="null"/> where missing, null or an empty list, which do not choose.</summary>
    public ImmutableArray<long>? LayersToTransform { get; init; }

    /// <summary><c>layers_pattern</c>: Python patterns for the name before a layer's index; empty where any name will do.</summary>
    public ImmutableArray<string> LayersPattern { get; init; } = [];

    /// <summary><c>rank_pattern</c> in the order of the file: Python patterns and the rank of modules that match.</summary>
    public ImmutableArray<KeyValuePair<string, int>> RankPattern { get; init; } = [];

    /// <summary><c>alpha_pattern</c> in the order of the file: Python patterns and the alpha of modules that match.</summary>
    public ImmutableArray<KeyValuePair<string, double>> AlphaPattern { get; init; } = [];

    /// <summary><c>init_lora_weights</c>. Default true.</summary>
    public PeftInit Init { get; init; } = PeftInit.Default;

    /// <summary>Settings that make it more than plain LoRA.</summary>
    public PeftVariants Variants { get; init; } = new();

    /// <summary>Reads a config. Bad content becomes findings; where a field cannot be taken its default stands and the finding is an error.</summary>
    /// <param name="json">The whole config.</param>
    /// <param name="fileName">The config's name in findings, such as <c>adapter_config.json</c>.</param>
    public static Judged<PeftConfig> Parse(JsonObject json, string fileName) => Judgement.Of(log => new PeftConfigReader(json, log, fileName).Read());
}
