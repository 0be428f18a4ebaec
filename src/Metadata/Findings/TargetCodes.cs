using System.Collections.Immutable;
using static Transfuse.Metadata.Findings.Severity;

namespace Transfuse.Metadata.Findings;

/// <summary>TF5xxx: what a target accepts.</summary>
public static class TargetCodes
{
    /// <summary>A kind of module that the target cannot adapt.</summary>
    public static FindingCode KindUnsupported { get; } = new("TF5001", Error, "The target cannot adapt this kind of module.", "Choose another target. " + Remedies.Merge, "the module's adaptation");

    /// <summary>DoRA where the target has none.</summary>
    public static FindingCode DoraUnsupported { get; } = new("TF5002", Error, "The target has no DoRA for this kind of module.", Remedies.Merge);

    /// <summary>DoRA and LoRA mixed.</summary>
    public static FindingCode DoraMixed { get; } = new("TF5003", Error, "Some modules are DoRA and others are not, but the target makes all of them DoRA, which is not neutral.", Remedies.Merge);

    /// <summary>DoRA with relative keys over unequal layers.</summary>
    public static FindingCode DoraOverWrap { get; } = new("TF5004", Error, "The target's keys hold for every layer, so modules without tensors would become DoRA and be renormalised.", "Use a target with full-path keys (mlx-lm).");

    /// <summary>An embedding adapter that would also change the tied head, or the other way round.</summary>
    public static FindingCode TiedEmbedding { get; } = new("TF5005", Error, "The base ties its head to the embedding. PEFT adapts one of them alone; MLX adapts both together.", "Merge the adapter into an untied copy of the base, in PEFT (merge_and_unload).");

    /// <summary>Whether the head is tied is unknown.</summary>
    public static FindingCode TyingUnknown { get; } = new("TF5006", Error, "The adapter adapts an embedding or the head, and it is not known whether the base ties them.", "Give --base.", "the assurance that the head stays as it is, should the base tie it to the embedding");

    /// <summary>A head that a tied base does not have.</summary>
    public static FindingCode HeadMayBeTied { get; } = new("TF5024", Warning, "The adapter adapts the head, and it is not known whether the base ties it to the embedding; mlx-lm refuses to load the head's adapter where it does.", "Give --base to be sure.");

    /// <summary>Experts as modules that PEFT cannot pack.</summary>
    public static FindingCode OldTransformersOnly { get; } = new("TF5025", Warning, "Experts were written as modules, which transformers 4 has; PEFT cannot load these under transformers 5, which fuses gate and up.", "Leave out --expert-layout modules and --transformers 4 where transformers 5 is to load the adapter.");

    /// <summary>The number of layers is unknown to a target that needs it.</summary>
    public static FindingCode LayerCountUnknown { get; } = new("TF5007", Warning, "The number of the base's layers is not known; 1024, which means all of them, was written as num_layers.", "Give --base.");

    /// <summary>Keys reach modules that the adapter does not have.</summary>
    public static FindingCode OverWrap { get; } = new("TF5008", Information, "The target's keys hold for every layer; modules without tensors are wrapped without effect.", "Nothing.");

    /// <summary>Config fields that the target's dialect does not have.</summary>
    public static FindingCode FieldsLeftOut { get; } = new("TF5009", Information, "Config fields that have no meaning for the target were left out.", "Nothing.");

    /// <summary>A module outside the layers.</summary>
    public static FindingCode OutsideLayers { get; } = new("TF5010", Error, "The target adapts only modules inside the layers.", "Use a target with full-path keys (mlx-lm).", "the module's adaptation");

    /// <summary>No form suits all targets.</summary>
    public static FindingCode NoCommonForm { get; } = new("TF5011", Error, "No single folder suits all the targets.", "Write one folder for each target.");

    /// <summary>Tensors that the target has no slot for.</summary>
    public static FindingCode MethodUnsupported { get; } = new("TF5012", Error, "The adapter's method is not LoRA, and the target knows only LoRA and DoRA.", Remedies.MergeInPeft);

    /// <summary>A base id that a target needs.</summary>
    public static FindingCode BaseIdMissing { get; } = new("TF5013", Warning, "The target reloads the base by the id in the config, and the adapter names none.", "Fill base_model_name_or_path in by hand.");

    /// <summary>Dropout that the target refuses.</summary>
    public static FindingCode DropoutCleared { get; } = new("TF5014", Information, "PEFT refuses dropout with adapted parameters; 0 was written. It matters in training only.", "Nothing.");

    /// <summary>Tensors that stand against a comparison.</summary>
    public static FindingCode NotCompared { get; } = new("TF5015", Error, "The adapters differ in tensors that are no low-rank factors.", "Compare the models that merging makes of them: merge_and_unload in PEFT, mlx_lm.fuse for MLX.", "the comparison of that tensor");

    /// <summary>The output exists.</summary>
    public static FindingCode OutputExists { get; } = new("TF5016", Error, "The output folder exists already, or must not be replaced.", "Give another --output; or --overwrite where the message names it: it replaces the files of an adapter and keeps all others.");

    /// <summary>A model that the target does not have.</summary>
    public static FindingCode ModelUnsupported { get; } = new("TF5017", Error, "The target does not have the base model.", "Choose another target.", "the assurance that the target has the model; mlx-lm's names are written");

    /// <summary>A module that the target's model class does not offer to adapters.</summary>
    public static FindingCode NotOffered { get; } = new("TF5018", Error, "The target's class for this model does not offer the module to adapters.", "Choose another target. " + Remedies.Merge, "the module's adaptation");

    /// <summary>A module that only newer releases of the target offer.</summary>
    public static FindingCode NewerReader { get; } = new("TF5065", Warning, "Only newer releases of the target adapt this module.", "Use a release of the target that has the change which the message names.");

    /// <summary>A module whose weight the target scales in another way.</summary>
    public static FindingCode ScaledOtherwise { get; } = new("TF5019", Error, "The target scales the base weight of this module in another way than mlx-lm, so the same factors mean another change.", "Choose another target. " + Remedies.Merge, "the module's adaptation");

    /// <summary>Two classes of the target hold the model under different paths.</summary>
    public static FindingCode ClassChosen { get; } = new("TF5020", Information, "mlx-swift-lm holds the model under different paths in its classes for text and for vision; the paths of the text class were written.", "Nothing, if the app loads the text class.");

    /// <summary>Modules under other paths.</summary>
    public static FindingCode PathsRewritten { get; } = new("TF5021", Information, "The target holds the model under other module paths; the tensors were renamed.", "Nothing.");

    /// <summary>The output would not do the same.</summary>
    public static FindingCode RoundTripFailed { get; } = new("TF5022", Error, "Read back, the output would not change the model as the source does.", "This is a fault of Transfuse: report it, with the adapter's config and tensor names.");

    /// <summary>Settings that one adapter alone has.</summary>
    public static FindingCode SettingsDiffer { get; } = new("TF5023", Error, "The configs differ in a setting by which the same factors change the model differently.", "Compare what both programs compute; the factors alone do not tell.", "the comparison of that setting");

    /// <summary>What the reader of the output would refuse.</summary>
    public static FindingCode ReaderRefuses { get; } = new("TF5060", Error, "The program that the output is for would refuse to load it, for the reason that the message gives in its words.", "Take out or rename what the message names; a module that the model does not have belongs to another base. check --for tells the same of a folder.", "the assurance that the program loads the output; what the message names is written as it is");

    /// <summary>What the reader of the output would get wrong without a word.</summary>
    public static FindingCode ReaderMisreads { get; } = new("TF5061", Warning, "The program that the output is for would load it, and without a word do something else than the adapter means.", "Take out or rename what the message names, if it is to take effect; a module that the model does not have belongs to another base.");

    /// <summary>Factors that zeros make much larger.</summary>
    public static FindingCode GrownMuch { get; } = new("TF5030", Warning, "The target needs one rank for all modules, or factors for all experts, and the zeros that fill them make the adapter several times as large.", "Nothing, if the ranks are meant; one module of a high rank makes all others as large.");

    /// <summary>Factors that zeros would make too large.</summary>
    public static FindingCode GrowthBeyondLimit { get; } = new("TF5033", Error, "The zeros that fill ranks and experts for the target would make the adapter larger than the limit allows.", "Check the ranks: one module of a high rank makes all others as large. If they are meant, give --max-growth as the message says.");

    /// <summary>A base of fewer bits than the one in training.</summary>
    public static FindingCode QuantizedBase { get; } = new("TF5040", Information, "The base is quantized, so that it is not exactly the model that the adapter was trained on; DoRA takes its norms from the quantized weights.", "Nothing; for the exact model give MLX the base that is not quantized.");

    /// <summary>What an interrupted run had left.</summary>
    public static FindingCode Recovered { get; } = new("TF5089", Information, "An earlier run was interrupted; what it had left was finished or cleared away.", "Nothing.");

    /// <summary>What may be the leftover of a run.</summary>
    public static FindingCode LeftAlone { get; } = new(
        "TF5090", Warning, "A hidden folder looks like the leftover of an interrupted run, and was left alone.", "Look into it, and delete it if nothing in it is needed.");

    /// <summary>A side file that is no file of the folder.</summary>
    public static FindingCode SideFileLeftOut { get; } = new(
        "TF5091", Warning, "Something beside the adapter is no file of its folder, so the output does not have it.", "Copy what it leads to if the output should have it.");

    /// <summary>A side file that the output has already.</summary>
    public static FindingCode SideFileKept { get; } = new(
        "TF5092", Warning, "The output has another file of that name, which is no adapter's; it was kept.", "Delete it, or copy the file yourself, if the output should have the input's.");

    /// <summary>All codes of this block.</summary>
    public static ImmutableArray<FindingCode> All { get; } =
    [
        KindUnsupported, DoraUnsupported, DoraMixed, DoraOverWrap, TiedEmbedding, TyingUnknown,
        LayerCountUnknown, OverWrap, FieldsLeftOut, OutsideLayers, NoCommonForm, MethodUnsupported,
        BaseIdMissing, DropoutCleared, NotCompared, OutputExists,
        ModelUnsupported, NotOffered, NewerReader, ScaledOtherwise, ClassChosen, PathsRewritten, RoundTripFailed, SettingsDiffer, HeadMayBeTied, OldTransformersOnly, QuantizedBase, GrownMuch, GrowthBeyondLimit, ReaderRefuses, ReaderMisreads,
        Recovered, LeftAlone, SideFileLeftOut, SideFileKept,
    ];
}
