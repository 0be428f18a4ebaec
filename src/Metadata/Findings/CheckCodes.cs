using System.Collections.Frozen;
using System.Collections.Immutable;
using static Transfuse.Metadata.Findings.Severity;

namespace Transfuse.Metadata.Findings;

/// <summary>
/// TF55xx: what a reader does with a folder, in that reader's terms. TF550x to TF552x: it refuses to load.
/// TF553x, TF5570 to TF5574: it loads, and is wrong without a word. TF555x, TF5565, TF5575 and on: worth knowing; it loads as intended.
/// </summary>
/// <seealso cref="Transfuse.Metadata.Findings.FindingCodes" />
public static class CheckCodes
{
    private const string ConvertIt = "Write the folder for this reader with convert.";
    private const string RepairIt = "Let repair or convert write the folder anew.";

    public static FindingCode ConfigMissing { get; } = new("TF5501", Error, "The reader wants adapter_config.json and there is none.", RepairIt);
    public static FindingCode WeightsMissing { get; } = new("TF5502", Error, "The weights file that the reader opens is not there.", RepairIt);
    public static FindingCode OtherDialect { get; } = new("TF5503", Error, "The folder is of a dialect that the reader does not read.", ConvertIt);
    public static FindingCode FieldMissing { get; } = new("TF5504", Error, "The reader needs a config field that is missing.", RepairIt);
    public static FindingCode FieldRefused { get; } = new("TF5505", Error, "The reader fails on the value of a config field.", RepairIt);
    public static FindingCode MethodRefused { get; } = new(
        "TF5506", Error, "The reader refuses the method, or a setting of it.", "Choose another reader. " + Remedies.MergeWherePossible);
    public static FindingCode KeyRefused { get; } = new(
        "TF5507", Error, "A key or target names what the reader cannot wrap, or in a form that it does not resolve.", RepairIt);
    public static FindingCode TensorRefused { get; } = new(
        "TF5508", Error, "The reader refuses a tensor that has no place in the wrapped model.",
        "Let repair correct keys, ranks and names that do not fit the tensors. A tensor whose module the model does not have belongs to another base, or to "
        + "no adapter.");

    public static FindingCode ShapeRefused { get; } = new(
        "TF5509", Error, "The reader refuses the shape of a tensor.",
        "Where the rank in the config is wrong, let repair correct it. Where the module has another size, the adapter belongs to another base.");
    public static FindingCode DTypeRefused { get; } = new(
        "TF5510", Error, "The reader cannot read tensors of this dtype.", "Write the folder anew with --dtype f32.");
    public static FindingCode RankLimit { get; } = new(
        "TF5511", Error, "The rank is above the limit that the server was started with.",
        "Start the server with a larger --max-lora-rank, and tell check with the same option.");
    public static FindingCode ModuleRefused { get; } = new(
        "TF5512", Error, "The reader does not adapt this module or this kind of module.", "Choose another reader. " + Remedies.Merge);
    public static FindingCode NumLayersTooSmall { get; } = new(
        "TF5513", Error, "MLX readers wrap the last num_layers layers, and the adapter has tensors for earlier ones.", RepairIt);
    public static FindingCode ModelUnsupported { get; } = new(
        "TF5514", Error, "The reader does not have this model, or cannot adapt it.", "Choose another reader.");
    public static FindingCode NotTakenForAdapter { get; } = new(
        "TF5515", Error, "The reader does not take the folder for an adapter.", "Give the base's id in base_model_name_or_path.");
    public static FindingCode BaseMismatch { get; } = new(
        "TF5516", Error, "The reader compares the base with what the config says of it, and they differ.", "Use the base that the adapter was trained on.");
    public static FindingCode ConfigUnreadable { get; } = new(
        "TF5517", Error, "The reader's parser refuses the config because of a byte order mark before it.",
        "Let repair write the config anew, or save it as UTF-8 without a byte order mark.");
    public static FindingCode TensorIgnored { get; } = new(
        "TF5531", Error, "The reader skips a tensor without a word, so that what it changes is lost.", ConvertIt);
    public static FindingCode ScaleMisread { get; } = new(
        "TF5532", Error, "The reader multiplies by another scale than the adapter means.",
        "Write the folder for this reader with convert, which refuses a scale that the reader cannot have.");
    public static FindingCode HalfPair { get; } = new(
        "TF5533", Error, "A module has only one of its two factors, which the reader does not notice: the other one is zero or random.",
        "Find the missing tensor; the training did not save the module whole.");
    public static FindingCode DoraMisread { get; } = new(
        "TF5534", Error, "The reader takes a DoRA module for another one than it is.",
        "Let repair correct fine_tune_type or use_dora. Where a magnitude itself is missing, find the complete file: it cannot be made up.");
    public static FindingCode RandomModules { get; } = new(
        "TF5535", Error, "The reader makes modules that the file has nothing for, and fills them with random factors.",
        "Let repair write the targets of the modules that have tensors. Where tensors are missing, find the complete file.");
    public static FindingCode BaseResidual { get; } = new(
        "TF5536", Error, "The adapter belongs to base weights that its initialisation changed, and the reader adds it to the unchanged ones.",
        "Let PEFT convert it: save_pretrained(..., path_initial_model_for_weight_conversion=...).");
    public static FindingCode ExpertsMisread { get; } = new(
        "TF5537", Error, "The reader takes the factors of experts for those of another parameter, or the wrong way round.", ConvertIt);
    public static FindingCode FactorsMismatched { get; } = new(
        "TF5538", Error, "The reader takes factors without comparing their shapes with the model's, and these do not fit.",
        "Check that this is the adapter's base model.");
    public static FindingCode SettingIgnored { get; } = new(
        "TF5539", Error, "The reader does not read a setting that changes what the adapter does.", "Choose another reader. " + Remedies.MergeWherePossible);
    public static FindingCode ValueMisread { get; } = new(
        "TF5570", Error, "The reader takes a config value of another type for something else than it says.", RepairIt);
    public static FindingCode NoEffect { get; } = new(
        "TF5571", Error, "The reader loads the adapter, or modules of it, and they do nothing.",
        "Find the trained adapter: a file without tensors, a scale of 0 or factors of 0 hold no training.");
    public static FindingCode ModulesLost { get; } = new(
        "TF5572", Error,
        "The config names modules that the file has nothing for, so that they stay as they are in the base; a saved adapter has all that its config names.",
        "Find the complete file, or let repair write the targets of the modules that have tensors.");
    public static FindingCode BaseUnknown { get; } = new(
        "TF5551", Warning, "No base was given, or it is of a model type that is not in the table: what depends on it was judged from the adapter alone.",
        "Give --base; config.json alone makes it surer, the weights surest.");
    public static FindingCode KeyMatchesNothing { get; } = new(
        "TF5552", Warning, "A key or target matches no module; the reader passes over it in silence.",
        "Check the spelling, if the module was meant to be adapted.");
    public static FindingCode NeutralModules { get; } = new(
        "TF5553", Information, "The reader wraps modules that the file has nothing for; they do not change the model.", "Nothing.");
    public static FindingCode BaseReplaced { get; } = new(
        "TF5554", Information, "The file holds whole weights, and the reader puts them in place of the base's.", "Nothing, if the training meant it.");
    public static FindingCode NotJudged { get; } = new(
        "TF5555", Warning, "What this reader does here is not known well enough to be judged.", "Load the adapter and compare its outputs.");
    public static FindingCode CallNeeded { get; } = new(
        "TF5556", Information, "The reader reaches this folder through one particular call.", "Use the call that the message names.");
    public static FindingCode BaseRecomputed { get; } = new(
        "TF5557", Warning,
        "The reader changes the base weights again as the initialisation of the training did; the result is right only on the very same base weights.",
        "Let PEFT convert it: save_pretrained(..., path_initial_model_for_weight_conversion=...).");
    public static FindingCode DefaultTaken { get; } = new(
        "TF5558", Warning, "A field is missing, and the reader's default stands for it.", "Add the value that the adapter was trained with.");
    public static FindingCode ReleaseNeeded { get; } = new(
        "TF5565", Warning, "Releases of the reader differ in whether they reach this module.",
        "Use the release that the message names, or convert the adapter anew, which writes keys for both where there are such.");
    public static FindingCode OddityTaken { get; } = new("TF5575", Warning, "Something is odd about the files, and the reader takes it.", RepairIt);

    /// <summary>All codes of this block.</summary>
    public static ImmutableArray<FindingCode> All { get; } =
    [
        ConfigMissing, WeightsMissing, OtherDialect, FieldMissing, FieldRefused,
        MethodRefused, KeyRefused, TensorRefused, ShapeRefused, DTypeRefused,
        RankLimit, ModuleRefused, NumLayersTooSmall, ModelUnsupported, NotTakenForAdapter, BaseMismatch, ConfigUnreadable,
        TensorIgnored, ScaleMisread, HalfPair, DoraMisread, RandomModules,
        BaseResidual, ExpertsMisread, FactorsMismatched, SettingIgnored,
        BaseUnknown, KeyMatchesNothing, NeutralModules, BaseReplaced, NotJudged,
        CallNeeded, BaseRecomputed, DefaultTaken, ReleaseNeeded, ValueMisread, NoEffect, ModulesLost, OddityTaken,
    ];

    /// <summary>The codes of what a reader gets wrong without a word; every other error means that it refuses to load.</summary>
    public static FrozenSet<FindingCode> Silent { get; } =
        FrozenSet.Create(
            [
                TensorIgnored, ScaleMisread, HalfPair, DoraMisread, RandomModules, BaseResidual, ExpertsMisread, FactorsMismatched, SettingIgnored,
                ValueMisread, NoEffect, ModulesLost,
            ]);
}
