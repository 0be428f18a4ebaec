using System.Collections.Immutable;

namespace Transfuse.Metadata.Findings;

/// <summary>TF40xx: what can be wrong between an adapter's module names and the architecture of its base model.</summary>
/// <seealso cref="Transfuse.Metadata.Findings.FindingCodes" />
public static class ArchitectureCodes
{
    public static FindingCode UnknownModelType { get; } = new(
        "TF4001", Severity.Error, "The model type is not in the table of architectures.",
        "Give --model-type with one that has the same modules, or identity to keep all names.");
    public static FindingCode AmbiguousModelType { get; } = new(
        "TF4002", Severity.Error, "Several model types accept these modules and map them differently.", "Give --base or --model-type.");
    public static FindingCode LowConfidence { get; } = new(
        "TF4003", Severity.Error, "The names of this architecture were not confirmed against both programs.",
        "Allow it, and compare what both programs compute with the adapter.", "the assurance that the module names are the right ones");
    public static FindingCode UnsupportedArchitecture { get; } = new(
        "TF4004", Severity.Error, "No adapter can be converted for this model.", Remedies.MergeElsewhere);
    public static FindingCode UnknownModule { get; } = new(
        "TF4010", Severity.Error, "The architecture has no such module.",
        "Give the base that the adapter was trained on; to convert the rest without the module, allow the code.",
        "the adapter of this module: the result behaves as if it had not been trained");
    public static FindingCode CannotAdapt { get; } = new(
        "TF4011", Severity.Error, "MLX cannot adapt this module.",
        "Allow the code to leave the module out, or merge the adapter into the base in Hugging Face layout: transfuse fuse, or merge_and_unload in PEFT.",
        "the adapter of this module: the result behaves as if it had not been trained");
    public static FindingCode WithoutEffect { get; } = new(
        "TF4012", Severity.Information, "The module has no effect in the model and was left out.", "Nothing.");
    public static FindingCode LayerOutOfRange { get; } = new(
        "TF4013", Severity.Error, "The base model has fewer layers.", "Check that this is the adapter's base model.");
    public static FindingCode ExpertMismatch { get; } = new(
        "TF4014", Severity.Error, "The base model has another number of experts.", "Check that this is the adapter's base model.");
    public static FindingCode DimensionMismatch { get; } = new(
        "TF4015", Severity.Error, "The dimensions do not fit the architecture.", "Check that this is the adapter's base model.");
    public static FindingCode NeedsBaseConfig { get; } = new(
        "TF4016", Severity.Error, "The mapping of this module depends on the base model's configuration.", "Give --base; a folder with config.json is enough.");
    public static FindingCode AmbiguousParameter { get; } = new(
        "TF4017", Severity.Error, "Several parameters of the module fit these tensors.",
        "Name the parameters in target_parameters of adapter_config.json, or give --base.");
    public static FindingCode NoHuggingFaceCounterpart { get; } = new(
        "TF4018", Severity.Error, "The Hugging Face model has no counterpart of this module.",
        "Choose the other layout of transformers, or train without this module.",
        "the adapter of this module: the result behaves as if it had not been trained");
    public static FindingCode TiedHead { get; } = new(
        "TF4019", Severity.Error, "The output head of this base model is its embedding.",
        "Allow the code to leave the head out, or merge the adapter into the base with transfuse fuse, which gives the merged model a head of its own; in PEFT "
        + "(merge_and_unload) into a copy of the base that has one.",
        "the adapter of the output head");
    public static FindingCode BadScale { get; } = new(
        "TF4020", Severity.Error, "The factor that scales this weight is zero or not finite.", "Check the multipliers in the base model's config.json.");
    public static FindingCode NamesKept { get; } = new(
        "TF4021", Severity.Warning,
        "No base was given, and the module names are those of plain decoder layers: they were kept, which is right for most model types but not for all.",
        "Give --base or --model-type to be sure.");
    public static FindingCode ExpertCountAssumed { get; } = new(
        "TF4022", Severity.Warning, "No base was given; the model was taken to have as many experts as the adapter.",
        "Give --base to be sure; mlx-lm refuses to load a wrong number.");
    public static FindingCode WeightsNotCompared { get; } = new(
        "TF4023", Severity.Information,
        "The base's weights are packed in a form whose sizes cannot be told; the adapter was compared with the base's config alone.",
        "Nothing; give the base in another form to compare with its weights too.");
    public static FindingCode RootUnknown { get; } = new(
        "TF4024", Severity.Warning, "The modules are those of the base, but under another root; PEFT finds modules by their names alone and would ignore them.",
        "Convert the adapter to mlx-lm and back with --base: the names come back as the base has them.");

    /// <summary>All codes of this block.</summary>
    public static ImmutableArray<FindingCode> All { get; } =
    [
        NamesKept, ExpertCountAssumed, WeightsNotCompared,
        UnknownModelType, AmbiguousModelType, LowConfidence, UnsupportedArchitecture, UnknownModule,
        CannotAdapt, WithoutEffect, LayerOutOfRange, ExpertMismatch, DimensionMismatch,
        NeedsBaseConfig, AmbiguousParameter, NoHuggingFaceCounterpart, TiedHead, BadScale, RootUnknown,
    ];
}
