using System.Collections.Immutable;
using static Transfuse.Metadata.Findings.Severity;

namespace Transfuse.Metadata.Findings;

/// <summary>TF35xx: configs of MLX adapters.</summary>
/// <seealso cref="Transfuse.Metadata.Findings.FindingCodes" />
public static class MlxConfigCodes
{
    public static FindingCode ScaleUnknown { get; } = new(
        "TF3501", Error, "The scale is missing or unusable, and no tensor tells it.", "Give --scale NUMBER, the final multiplier of the adapter.");
    public static FindingCode ScaleAmbiguous { get; } = new(
        "TF3502", Error, "The config means one scale or another, by the version that wrote it, which it does not say.",
        "Give --producer, such as mlx-lm@0.14.1 or mlx-vlm@0.5.0, or --scale NUMBER.");
    public static FindingCode DefaultApplied { get; } = new(
        "TF3503", Warning, "A field is missing; the value that the writing program's own loader uses was taken.", "Nothing, if that program wrote it.");
    public static FindingCode FieldUnusable { get; } = new(
        "TF3504", Error, "A field that is needed has a value that cannot be used.", "Correct the field, or give its value as an option.");
    public static FindingCode RankStale { get; } = new(
        "TF3505", Warning, "The config's rank is missing or not that of the tensors; the tensors are right.", "Nothing.");
    public static FindingCode TypeStale { get; } = new(
        "TF3506", Warning, "The config's fine_tune_type contradicts the tensors; DoRA is where magnitudes are.", "Nothing.");
    public static FindingCode FullFineTune { get; } = new(
        "TF3507", Error, "The folder holds whole weights (fine_tune_type full), not an adapter.", "Load it with mlx-lm; there is nothing to convert to LoRA.");
    public static FindingCode LegacyForm { get; } = new(
        "TF3508", Information, "The folder has the form of an older program; it was read as that program meant it.", "Nothing.");
    public static FindingCode Contradiction { get; } = new(
        "TF3509", Error, "Two places of the config, or the config and an option, contradict each other, and no tensor tells which is right.",
        "Give the value as the option that the message names.");
    public static FindingCode CopyTaken { get; } = new(
        "TF3510", Warning, "A field is missing or unusable; its copy at the top level of the config was taken.", "Nothing.");
    public static FindingCode ScaleDoubtful { get; } = new(
        "TF3511", Warning, "The scale is zero or negative, which no training writes: the adapter does nothing, or the opposite.",
        "Give --scale with the right number, or with this one to confirm it.");
    public static FindingCode DropoutDrift { get; } = new(
        "TF3512", Information, "The dropout drifted because MLX keeps 1 - p; the number that was meant was taken.", "Nothing.");
    public static FindingCode Overridden { get; } = new("TF3513", Warning, "An option overrides what the config says plainly.", "Nothing, if that was meant.");
    public static FindingCode LayersStale { get; } = new(
        "TF3514", Warning, "num_layers is missing or unusable, or does not reach all the layers that have tensors; the tensors are right.", "Nothing.");
    public static FindingCode KeysStale { get; } = new(
        "TF3515", Warning, "The keys do not reach exactly the modules that have tensors; the tensors are right.", "Nothing.");
    public static FindingCode KeysMissing { get; } = new(
        "TF3516", Information, "The config has no keys. What readers wrap then changed in mlx-lm 0.28.2; the modules of the file are the adapter.", "Nothing.");
    public static FindingCode ListedModuleMissing { get; } = new(
        "TF3517", Error, "The config lists a module that the file has no tensors for; Unsloth refuses such a folder as partial.",
        "Look for the complete file; the tensors may be lost.", "the listed module's adaptation, which the file does not hold");
    public static FindingCode UnlistedModule { get; } = new(
        "TF3518", Error, "The file has tensors of a module that the config's explicit list does not name; Unsloth refuses such a folder.",
        "Correct the list unsloth_mlx_lora_module_paths, or remove the field.", "the tensors of the modules that are not listed");
    public static FindingCode LayersUnconfirmed { get; } = new(
        "TF3519", Information, "num_layers fits the tensors if the last adapted layer is the base's last; no base was given to confirm it.",
        "Give --base to be sure.");
    public static FindingCode RanksDiffer { get; } = new(
        "TF3520", Information, "Modules have different ranks, which mlx-lm 0.32 refuses and no MLX config can say.",
        "Nothing: smaller ranks are padded with zeros, which is exact.");
    public static FindingCode BaseWeights { get; } = new(
        "TF3521", Warning, "The file holds weights of the base model beside the adapter.", "Nothing, if they were trained; mlx-lm 0.32 refuses to load them.");
    public static FindingCode BaseIdsDiffer { get; } = new("TF3522", Warning, "The config names two different bases.", "Correct the field that is wrong.");
    public static FindingCode DropoutUnusable { get; } = new(
        "TF3565", Warning, "The dropout is no probability; 0 was taken. It matters in training only.", "Nothing; to train on, correct the field.");
    public static FindingCode MagnitudesLost { get; } = new(
        "TF3560", Error, "The config says DoRA, and the file has no magnitude. mlx-lm 0.19 and later, which write this field, save them all.",
        "Look for the complete file; if the adapter was never DoRA, allow the code.", "the magnitudes, should the adapter have had them: it is taken for LoRA");
    public static FindingCode StrayMagnitudes { get; } = new(
        "TF3561", Error, "The config says LoRA, and some modules have a magnitude.", "Check which file they come from; if they do not belong, allow the code.",
        "the magnitudes that some modules have");
    public static FindingCode LayersMissing { get; } = new(
        "TF3562", Warning, "Layers have no tensors, though those before and after them have, and the config speaks of them all.",
        "Look for the complete file, unless the training left these layers out.");
    public static FindingCode WrapperRoot { get; } = new(
        "TF3563", Error, "Tensor names begin with what a wrapper or PEFT puts before them, and no model of MLX has modules under such names.",
        "Allow the code to take it off.", "the first part of the names");

    /// <summary>All codes of this block.</summary>
    public static ImmutableArray<FindingCode> All { get; } =
    [
        ScaleUnknown, ScaleAmbiguous, DefaultApplied, FieldUnusable, RankStale, TypeStale, FullFineTune, LegacyForm,
        Contradiction, CopyTaken, ScaleDoubtful, DropoutDrift, Overridden, LayersStale, KeysStale, KeysMissing,
        ListedModuleMissing, UnlistedModule, LayersUnconfirmed, RanksDiffer, BaseWeights, BaseIdsDiffer, DropoutUnusable, MagnitudesLost, StrayMagnitudes,
        LayersMissing, WrapperRoot,
    ];
}
