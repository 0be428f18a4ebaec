using System.Collections.Immutable;
using static Transfuse.Metadata.Findings.Severity;

namespace Transfuse.Metadata.Findings;

/// <summary>TF5xxx: what a target accepts.</summary>
/// <seealso cref="Transfuse.Metadata.Findings.FindingCodes" />
public static class TargetCodes
{
    public static FindingCode KindUnsupported { get; } = new(
        "TF5001", Error, "The target cannot adapt this kind of module.", "Choose another target. " + Remedies.Merge, "the module's adaptation");
    public static FindingCode DoraUnsupported { get; } = new("TF5002", Error, "The target has no DoRA for this kind of module.", Remedies.Merge);
    public static FindingCode DoraMixed { get; } = new(
        "TF5003", Error, "Some modules are DoRA and others are not, but the target makes all of them DoRA, which is not neutral.", Remedies.Merge);
    public static FindingCode DoraOverWrap { get; } = new(
        "TF5004", Error, "The target's keys hold for every layer, so modules without tensors would become DoRA and be renormalised.",
        "Use a target with full-path keys (mlx-lm).");
    public static FindingCode TiedEmbedding { get; } = new(
        "TF5005", Error, "The base ties its head to the embedding. PEFT adapts one of them alone; MLX adapts both together.",
        "Merge the adapter into the base with transfuse fuse, which parts head and embedding; in PEFT (merge_and_unload) into an untied copy of the base.");
    public static FindingCode TyingUnknown { get; } = new(
        "TF5006", Error, "The adapter adapts an embedding or the head, and it is not known whether the base ties them.", "Give --base.",
        "the assurance that the head stays as it is, should the base tie it to the embedding");
    public static FindingCode HeadMayBeTied { get; } = new(
        "TF5024", Warning,
        "The adapter adapts the head, and it is not known whether the base ties it to the embedding; mlx-lm refuses to load the head's adapter where it does.",
        "Give --base to be sure.");
    public static FindingCode OldTransformersOnly { get; } = new(
        "TF5025", Warning, "Experts were written as modules, which transformers 4 has; PEFT cannot load these under transformers 5, which fuses gate and up.",
        "Leave out --expert-layout modules and --transformers 4 where transformers 5 is to load the adapter.");
    public static FindingCode LayerCountUnknown { get; } = new(
        "TF5007", Warning, "The number of the base's layers is not known; 1024, which means all of them, was written as num_layers.", "Give --base.");
    public static FindingCode OverWrap { get; } = new(
        "TF5008", Information, "The target's keys hold for every layer; modules without tensors are wrapped without effect.", "Nothing.");
    public static FindingCode FieldsLeftOut { get; } = new(
        "TF5009", Information, "Config fields that have no meaning for the target were left out.", "Nothing.");
    public static FindingCode OutsideLayers { get; } = new(
        "TF5010", Error, "The target adapts only modules inside the layers.", "Use a target with full-path keys (mlx-lm).", "the module's adaptation");
    public static FindingCode NoCommonForm { get; } = new("TF5011", Error, "No single folder suits all the targets.", "Write one folder for each target.");
    public static FindingCode MethodUnsupported { get; } = new(
        "TF5012", Error, "The adapter's method is not LoRA, and the target knows only LoRA and DoRA.", Remedies.MergeInPeft);
    public static FindingCode BaseIdMissing { get; } = new(
        "TF5013", Warning, "The target reloads the base by the id in the config, and the adapter names none.", "Fill base_model_name_or_path in by hand.");
    public static FindingCode DropoutCleared { get; } = new(
        "TF5014", Information, "PEFT refuses dropout with adapted parameters; 0 was written. It matters in training only.", "Nothing.");
    public static FindingCode NotCompared { get; } = new(
        "TF5015", Error, "The adapters differ in tensors that are no low-rank factors.",
        "Compare the models that merging makes of them: transfuse fuse, merge_and_unload in PEFT, mlx_lm.fuse for MLX.", "the comparison of that tensor");
    public static FindingCode OutputExists { get; } = new(
        "TF5016", Error, "The output folder exists already, or must not be replaced.",
        "Give another --output; or --overwrite where the message names it: it replaces the files of an adapter and keeps all others.");
    public static FindingCode ModelUnsupported { get; } = new(
        "TF5017", Error, "The target does not have the base model.", "Choose another target.",
        "the assurance that the target has the model; mlx-lm's names are written");
    public static FindingCode NotOffered { get; } = new(
        "TF5018", Error, "The target's class for this model does not offer the module to adapters.", "Choose another target. " + Remedies.Merge,
        "the module's adaptation");
    public static FindingCode NewerReader { get; } = new(
        "TF5065", Warning, "Only newer releases of the target adapt this module.", "Use a release of the target that has the change which the message names.");
    public static FindingCode ScaledOtherwise { get; } = new(
        "TF5019", Error, "The target scales the base weight of this module in another way than mlx-lm, so the same factors mean another change.",
        "Choose another target. " + Remedies.Merge, "the module's adaptation");
    public static FindingCode ClassChosen { get; } = new(
        "TF5020", Information,
        "mlx-swift-lm holds the model under different paths in its classes for text and for vision; the paths of the text class were written.",
        "Nothing, if the app loads the text class.");
    public static FindingCode PathsRewritten { get; } = new(
        "TF5021", Information, "The target holds the model under other module paths; the tensors were renamed.", "Nothing.");
    public static FindingCode RoundTripFailed { get; } = new(
        "TF5022", Error, "Read back, the output would not change the model as the source does.",
        "This is a fault of Transfuse: report it, with the adapter's config and tensor names.");
    public static FindingCode SettingsDiffer { get; } = new(
        "TF5023", Error, "The configs differ in a setting by which the same factors change the model differently.",
        "Compare what both programs compute; the factors alone do not tell.", "the comparison of that setting");
    public static FindingCode ReaderRefuses { get; } = new(
        "TF5060", Error, "The program that the output is for would refuse to load it, for the reason that the message gives in its words.",
        "Take out or rename what the message names; a module that the model does not have belongs to another base. check --for tells the same of a folder.",
        "the assurance that the program loads the output; what the message names is written as it is");
    public static FindingCode ReaderMisreads { get; } = new(
        "TF5061", Warning, "The program that the output is for would load it, and without a word do something else than the adapter means.",
        "Take out or rename what the message names, if it is to take effect; a module that the model does not have belongs to another base.");
    public static FindingCode GrownMuch { get; } = new(
        "TF5030", Warning,
        "The target needs one rank for all modules, or factors for all experts, and the zeros that fill them make the adapter several times as large.",
        "Nothing, if the ranks are meant; one module of a high rank makes all others as large.");
    public static FindingCode GrowthBeyondLimit { get; } = new(
        "TF5033", Error, "The zeros that fill ranks and experts for the target would make the adapter larger than the limit allows.",
        "Check the ranks: one module of a high rank makes all others as large. If they are meant, give --max-growth as the message says.");
    public static FindingCode QuantizedBase { get; } = new(
        "TF5040", Information,
        "The base is quantized, so that it is not exactly the model that the adapter was trained on; DoRA takes its norms from the quantized weights.",
        "Nothing; for the exact model give MLX the base that is not quantized.");
    public static FindingCode Recovered { get; } = new(
        "TF5089", Information, "An earlier run was interrupted; what it had left was finished or cleared away.", "Nothing.");
    public static FindingCode LeftAlone { get; } = new(
        "TF5090", Warning, "A hidden folder looks like the leftover of an interrupted run, and was left alone.",
        "Look into it, and delete it if nothing in it is needed.");
    public static FindingCode SideFileLeftOut { get; } = new(
        "TF5091", Warning, "Something beside the adapter is no file of its folder, so the output does not have it.",
        "Copy what it leads to if the output should have it.");
    public static FindingCode SideFileKept { get; } = new(
        "TF5092", Warning, "The output has another file of that name, which is no adapter's; it was kept.",
        "Delete it, or copy the file yourself, if the output should have the input's.");

    /// <summary>All codes of this block.</summary>
    public static ImmutableArray<FindingCode> All { get; } =
    [
        KindUnsupported, DoraUnsupported, DoraMixed, DoraOverWrap, TiedEmbedding, TyingUnknown,
        LayerCountUnknown, OverWrap, FieldsLeftOut, OutsideLayers, NoCommonForm, MethodUnsupported,
        BaseIdMissing, DropoutCleared, NotCompared, OutputExists,
        ModelUnsupported, NotOffered, NewerReader, ScaledOtherwise, ClassChosen, PathsRewritten, RoundTripFailed, SettingsDiffer, HeadMayBeTied,
        OldTransformersOnly, QuantizedBase, GrownMuch, GrowthBeyondLimit, ReaderRefuses, ReaderMisreads,
        Recovered, LeftAlone, SideFileLeftOut, SideFileKept,
    ];
}
