using System.Collections.Immutable;
using static Transfuse.Metadata.Findings.Severity;

namespace Transfuse.Metadata.Findings;

/// <summary>
/// Findings about configs: TF30xx about fields of any config, TF31xx about PEFT's fields, TF32xx about PEFT's patterns, TF33xx about methods that are not plain
/// LoRA.
/// </summary>
/// <seealso cref="Transfuse.Metadata.Findings.FindingCodes" />
public static class ConfigCodes
{
    public static FindingCode WrongType { get; } = new(
        "TF3001", Error, "A config field has a type that its readers do not take.", "Write a value of the type that the message names.");
    public static FindingCode NotFinite { get; } = new(
        "TF3002", Error, "A config field is NaN, infinite, or beyond what a double holds.", "Write the number that was meant.");
    public static FindingCode IntegralFloat { get; } = new(
        "TF3003", Warning, "A float with an integral value stands where an integer belongs.",
        "Nothing: it is taken as the integer, and integers are written without a point.");
    public static FindingCode BooleanAsNumber { get; } = new(
        "TF3004", Warning, "A boolean stands where a number belongs, or 0 or 1 where a boolean belongs.",
        "Check the field: it is taken as Python takes it, true as 1 and false as 0.");
    public static FindingCode OutOfRange { get; } = new(
        "TF3005", Error, "An integer in the config is outside of the range that its readers take.", "Write the integer that was meant.");
    public static FindingCode UnknownField { get; } = new(
        "TF3006", Information, "The config has fields that its program does not know.",
        "Nothing: they are kept when the same dialect is written, and left out of others.");
    public static FindingCode NewerField { get; } = new(
        "TF3007", Warning, "The config was written by a later version of its program than is known here, and sets fields that may change the maths.",
        "Look up what the fields do; the adapter is read as if they were not there.");
    public static FindingCode NumberAsText { get; } = new(
        "TF3008", Warning, "A string that holds a number stands where a number belongs; no reader takes that.", "Nothing: it is taken as the number.");
    public static FindingCode NotFiniteCleared { get; } = new(
        "TF3009", Warning, "A config field that is carried is NaN or infinite, which JSON has no form for and Swift refuses; null was written.",
        "Nothing, if no reader needs the field.");
    public static FindingCode PeftTypeMissing { get; } = new(
        "TF3101", Error, "The config has no peft_type and no field that only LoRA has.", "Add \"peft_type\": \"LORA\" if it is a LoRA adapter.");
    public static FindingCode PeftTypeAssumed { get; } = new(
        "TF3102", Warning, "The config has no valid peft_type, without which PEFT refuses to load it; its fields are those of LoRA.",
        "Nothing: \"LORA\" is assumed and written.");
    public static FindingCode PeftTypeUnknown { get; } = new("TF3103", Error, "The peft_type is none of PEFT 0.21.", "Write the peft_type that was meant.");
    public static FindingCode RankAssumed { get; } = new(
        "TF3104", Warning, "The config has no r. PEFT then takes 8; the ranks of the tensors overrule it.",
        "Nothing, if the tensors all have the rank that the message names.");
    public static FindingCode AlphaAssumed { get; } = new(
        "TF3105", Warning, "The config has no lora_alpha. PEFT 0.21 then takes 8, whatever the rank; nothing in the tensors can confirm it.",
        "Add the lora_alpha that the adapter was trained with.");
    public static FindingCode RankNotPositive { get; } = new(
        "TF3106", Error, "A rank in the config is not positive; PEFT refuses to load it.", "Write the rank that the tensors have.");
    public static FindingCode AlphaZero { get; } = new(
        "TF3107", Warning, "An alpha is zero or negative: the modules that have it change nothing, or the opposite of what is usual.",
        "Write the alpha that the adapter was trained with, if this is not it.");
    public static FindingCode EnableLora { get; } = new(
        "TF3108", Error, "The config has enable_lora, so its tensors are in the grouped layout of PEFT 0.2 and before.",
        "Load and save the adapter with PEFT 0.2 on the model it was made for, merged.");
    public static FindingCode TaskTypeUnknown { get; } = new(
        "TF3109", Warning, "The task_type is none of PEFT's; PEFT refuses to load the config.",
        "Write one of PEFT's task types, or null; the field does not change the maths.");
    public static FindingCode BiasUnknown { get; } = new(
        "TF3110", Error, "The field bias is none of \"none\", \"all\" and \"lora_only\".", "Write the mode that the adapter was trained with.");
    public static FindingCode InitUnknown { get; } = new(
        "TF3111", Error, "The init_lora_weights is none of PEFT 0.21, so it is unknown which base weights the adapter belongs to.",
        "Write the initialisation that the adapter was trained with; true where it left the base as it was.");
    public static FindingCode VersionUnreadable { get; } = new(
        "TF3112", Warning, "The peft_version is no version; rules that changed between versions are tried all.",
        "Write the version of PEFT that made the adapter, or remove the field.");
    public static FindingCode LayersWithPattern { get; } = new(
        "TF3113", Error, "The config chooses layers although target_modules is a string; PEFT refuses to load it.",
        "Remove layers_to_transform and layers_pattern, or write target_modules as a list.");
    public static FindingCode LayersPatternAlone { get; } = new(
        "TF3114", Error, "The config has layers_pattern but no layers_to_transform; PEFT refuses to load it.", "Remove layers_pattern, or add the layers.");
    public static FindingCode DoraWithMegatron { get; } = new(
        "TF3115", Error, "The config asks for DoRA on Megatron layers; PEFT refuses to load it.",
        "Remove megatron_config if the adapter is used outside of Megatron.");
    public static FindingCode LoftqWithoutConfig { get; } = new(
        "TF3116", Error, "The init_lora_weights is \"loftq\" but there is no loftq_config; PEFT refuses to load it.",
        "Add the loftq_config that the adapter was trained with.");
    public static FindingCode LoraBiasConflict { get; } = new(
        "TF3117", Error, "The config has lora_bias together with DoRA or a special init_lora_weights; PEFT refuses to load it.",
        "Remove the setting that the tensors contradict.");
    public static FindingCode VariantConflict { get; } = new(
        "TF3118", Error, "The config turns on more than one variant of LoRA; PEFT refuses to load it.", "Remove the variants that the tensors contradict.");
    public static FindingCode DropoutOnParameters { get; } = new(
        "TF3119", Warning, "The config has lora_dropout together with target_parameters; PEFT refuses to load it, even for inference.",
        "Set lora_dropout to 0: it matters in training only.");
    public static FindingCode FieldMissing { get; } = new(
        "TF3120",
        Warning,
        "The config names its PEFT version, or has fields that date it, but lacks a field that this version always writes and that no tensor tells; what PEFT "
        + "takes for it was taken.",
        "Restore the field if the adapter was trained with another value.");
    public static FindingCode FlagStale { get; } = new(
        "TF3121", Warning, "A field of the config contradicts the tensors; the tensors are right.", "Check that the config belongs to the tensors.");
    public static FindingCode AlphaDoubtful { get; } = new(
        "TF3122", Error, "An alpha is zero or negative, which no training writes: the adapter does nothing, or the opposite.",
        "Give --scale with the right multiplier, or allow the code to keep the alpha.", "certainty about the sign: the alpha is kept as it stands");
    public static FindingCode RankUnknown { get; } = new(
        "TF3123",
        Error,
        "The rank of packed experts cannot be told: their tensors show only experts x rank, and the config's rank is missing, unusable or does not divide "
        + "that.",
        "Give --base, whose config tells the number of experts, or restore r.");
    public static FindingCode SavedModuleMissing { get; } = new(
        "TF3124", Error, "modules_to_save names a module that the file has no tensors of; PEFT refuses to load it.",
        "Look for the complete file; the trained module may be lost.", "the trained module, which the file does not hold; the base's stays");
    public static FindingCode TokenIndices { get; } = new(
        "TF3125", Error, "The rows of trained tokens and trainable_token_indices do not belong together: rows say nothing without the indices of their tokens.",
        "Restore trainable_token_indices.");
    public static FindingCode BiasesMissing { get; } = new(
        "TF3126", Warning, "The config says that biases were trained, but the file has none: PEFT 0.7 to 0.20 lost those of lora_only.",
        "If biases were trained, look for the training's checkpoint.");
    public static FindingCode VersionMissing { get; } = new(
        "TF3127", Warning, "Packed experts are square, and the config does not say which PEFT wrote them, by which the orientation of their factors differs.",
        "Restore peft_version; without it the adapter is loaded as PEFT 0.19.1 and later write it.");
    public static FindingCode AnswerUnasked { get; } = new(
        "TF3128", Error, "An option was given that answers what an MLX config leaves open; a PEFT config leaves it open never.",
        "Leave the option out; repair --scale and --dropout write these into the config of a LoRA adapter.");
    public static FindingCode NameCase { get; } = new(
        "TF3130", Warning, "A name differs from PEFT's in upper and lower case; PEFT refuses it.", "Nothing: PEFT's name is taken and written.");
    public static FindingCode PatternSyntax { get; } = new(
        "TF3201", Error, "A pattern in the config is not valid in Python either.", "Correct the pattern, or write the names of the modules.");
    public static FindingCode PatternUnsupported { get; } = new(
        "TF3202", Error, "A pattern in the config uses what cannot be translated exactly, or is beyond the limits.",
        "Write the names of the modules instead of the pattern.");
    public static FindingCode PatternTimeout { get; } = new(
        "TF3203", Error, "The patterns in the config take longer than the time that one adapter has.",
        "Write the names of the modules instead of the pattern.");
    public static FindingCode AlphaAmbiguous { get; } = new(
        "TF3204",
        Error,
        "The patterns give a module different alphas, depending on the version of PEFT or on the order of patterns in training, and its rank does not tell "
        + "which was meant.",
        "Leave one pattern for the module in alpha_pattern, with the alpha that it was trained with.",
        "certainty about the scale: what PEFT 0.15 to 0.21 takes when it loads the config is taken");
    public static FindingCode ReadingSettled { get; } = new(
        "TF3205", Warning, "The patterns can be read in several ways; the ranks of the tensors agree with the reading that is taken.",
        "Nothing, or leave one pattern per module.");
    public static FindingCode RankContradicted { get; } = new(
        "TF3206", Warning, "The config gives a module another rank than its tensors have; the tensors' rank is taken. Only the alpha of the config is certain.",
        "Check that the config belongs to the tensors.");
    public static FindingCode PatternUnused { get; } = new("TF3207", Information, "A pattern matches no module of the adapter.", "Nothing.");
    public static FindingCode PatternRoot { get; } = new(
        "TF3208", Error,
        "A pattern matches no module as the tensors name them, but would match with the root model., which seems to have been cut off the names.",
        "Write the pattern for the names that the tensors have, or the names as PEFT wrote them: base_model.model. and then the path in the model.");
    public static FindingCode BaseChanged { get; } = new(
        "TF3301", Error, "The adapter was made with an initialisation that changes the base weights, so it belongs to what was left of them.",
        "As the message says: let PEFT convert it, save_pretrained(..., path_initial_model_for_weight_conversion=...), or merge it into its base.");
    public static FindingCode VariantUnsupported { get; } = new(
        "TF3302", Error, "The config turns on a variant whose maths plain LoRA cannot express.", "Merge the adapter with PEFT, where PEFT can.");
    public static FindingCode LayerReplication { get; } = new(
        "TF3303", Error, "The config has layer_replication, so the adapter's layers are not those of the base model.",
        "Make the base model with the duplicated layers and convert for it.");
    public static FindingCode DropoutUnusable { get; } = new(
        "TF3165", Severity.Warning, "The dropout is no probability; 0 is taken. It matters in training only.", "Nothing; to train on, correct the field.");
    public static FindingCode QuantizedBaseId { get; } = new(
        "TF3166", Severity.Warning, "The config names a base that was converted for MLX, by its id; transformers and the servers load no such base.",
        "Set base_model_name_or_path to the model that it was converted from.");
    public static FindingCode ModelConfig { get; } = new(
        "TF3167", Severity.Error, "adapter_config.json is a model's config.json: it says what the base is, and nothing about the adapter.",
        "Restore the adapter_config.json that the training wrote; without it only --scale can tell repair how strong the adapter is.");
    public static FindingCode ResidualCopy { get; } = new(
        "TF3360",
        Warning,
        "The folder around this one holds an adapter whose initialisation changed the base weights, and this one has its rank: it belongs to the changed "
        + "weights too, though its config does not say so.",
        "Convert the adapter that PEFT converted itself (its rank is doubled), or the folder around this one.");
    public static FindingCode LoadsOnChangedBase { get; } = new(
        "TF3370",
        Warning,
        "The config makes PEFT change the base model when the adapter is loaded: it decomposes the weights again, or repeats layers. That stays as it is, and "
        + "is right only if the training did so on the very same base.",
        "If the training did not, correct the field. For an initialisation that it did, let PEFT convert the adapter: save_pretrained(..., "
        + "path_initial_model_for_weight_conversion=...).");

    /// <summary>All codes of this block.</summary>
    public static ImmutableArray<FindingCode> All { get; } =
    [
        WrongType, NotFinite, IntegralFloat, BooleanAsNumber, OutOfRange,
        UnknownField, NewerField, NumberAsText, NotFiniteCleared, PeftTypeMissing, PeftTypeAssumed, PeftTypeUnknown, RankAssumed,
        AlphaAssumed, RankNotPositive, AlphaZero, EnableLora, TaskTypeUnknown,
        BiasUnknown, InitUnknown, VersionUnreadable, LayersWithPattern, LayersPatternAlone,
        DoraWithMegatron, LoftqWithoutConfig, LoraBiasConflict, VariantConflict, DropoutOnParameters,
        FieldMissing, FlagStale, AlphaDoubtful, RankUnknown, SavedModuleMissing, TokenIndices, BiasesMissing, VersionMissing,
        AnswerUnasked, NameCase, PatternSyntax, PatternUnsupported, PatternTimeout, AlphaAmbiguous, ReadingSettled,
        RankContradicted, PatternUnused, PatternRoot, BaseChanged, VariantUnsupported, LayerReplication, DropoutUnusable, QuantizedBaseId, ModelConfig,
        ResidualCopy, LoadsOnChangedBase,
    ];
}
