using System.Collections.Immutable;
using static Transfuse.Metadata.Findings.Severity;

namespace Transfuse.Metadata.Findings;

/// <summary>TF24xx: PEFT's methods other than LoRA, and what it takes to make LoRA of them.</summary>
/// <seealso cref="Transfuse.Metadata.Findings.FindingCodes" />
public static class MethodCodes
{
    private const string MergeRemedy = "Merge the adapter into the base in PEFT (merge_and_unload).";

    public static FindingCode NeedsBase { get; } = new(
        "TF2401", Error, "The method changes weights in a way that depends on the weights themselves, so the adapter alone is no LoRA.",
        "Merge the adapter into the base: transfuse fuse does it for IA3, PEFT (merge_and_unload) for the others too.");
    public static FindingCode NotLowRank { get; } = new(
        "TF2402", Error, "The method's change of a weight is no low-rank product.",
        "Merge the adapter into the base in PEFT (merge_and_unload), or let PEFT 0.19 and later approximate it (convert_to_lora).");
    public static FindingCode Replacement { get; } = new("TF2403", Error, "The method replaces parameters of the base that LoRA does not touch.", MergeRemedy);
    public static FindingCode Conditional { get; } = new(
        "TF2404", Error, "What the adapter does depends on the input, so no one change of the weights stands for it.", "Use it in PEFT.");
    public static FindingCode Prompt { get; } = new(
        "TF2405", Error, "The method adds virtual tokens or prompts to the input or to attention and changes no weights.", "Use it in PEFT.");
    public static FindingCode Incomplete { get; } = new(
        "TF2406", Error, "The file does not hold everything that the adapter is made of: PEFT makes the rest anew, from a random seed or from the model.",
        "Save the adapter again with its projections (save_projection), or let PEFT 0.19 and later convert it (convert_to_lora).");
    public static FindingCode Setting { get; } = new("TF2407", Error, "A setting makes the method more than a low-rank change of a Linear layer.", MergeRemedy);
    public static FindingCode SettingAssumed { get; } = new(
        "TF2408", Warning, "The config lacks a setting; PEFT 0.21 takes the default that the message names, and so does the conversion.",
        "Add the setting that the adapter was trained with.");
    public static FindingCode PartMissing { get; } = new(
        "TF2409", Error, "A module lacks a tensor of its method.", "The file lost tensors; save the adapter again.",
        "the module's other tensors; the module is left as in the base");
    public static FindingCode PartShape { get; } = new(
        "TF2410", Error, "The tensors of a module have shapes or types that do not fit together.", "Check which program wrote the file.");
    public static FindingCode Convolution { get; } = new(
        "TF2411", Error, "A module has the form that the method gives to convolutions, for which no target has LoRA.", MergeRemedy);
    public static FindingCode RankLimit { get; } = new(
        "TF2412", Error, "As LoRA a module would have a rank above the limit, and truncation was not asked for.",
        "Raise the limit with --max-rank for an exact but large adapter, or truncate with --svd-rank.");
    public static FindingCode RankLarge { get; } = new(
        "TF2465", Information, "As LoRA a module has a rank above half of its smaller side: it is exact, and its factors are larger than the change itself.",
        "Nothing; --svd-rank makes it smaller.");
    public static FindingCode Truncated { get; } = new(
        "TF2413", Warning,
        "A module was truncated to the rank that --svd-rank gives; the message says what is missing, as a share of the change's Frobenius norm.",
        "Give a higher --svd-rank if the error is too large.");
    public static FindingCode TruncatedWithoutLoss { get; } = new(
        "TF2414", Information, "A module was reduced to a lower rank; the singular values that were left out are zero to the precision of float32.",
        "Nothing.");
    public static FindingCode NotTruncatable { get; } = new(
        "TF2415", Error, "A module's rank is too high to compute its singular values.", "Raise the limit with --max-rank for an exact but large adapter.");
    public static FindingCode InputSizeUnknown { get; } = new(
        "TF2416", Error, "The file does not tell how many inputs a module has.", "Give --base with its weights.");
    public static FindingCode InputSizeAssumed { get; } = new(
        "TF2417", Warning,
        "The file does not tell how many inputs a module has; it was inferred from the other modules. Were it wrong, the target would fail on first use.",
        "Give --base with its weights to be sure.");
    public static FindingCode NotFinite { get; } = new(
        "TF2418", Error, "A tensor of the method holds NaN or infinity, and the factors that are computed from it would as well.",
        "The training diverged; use an earlier checkpoint.");
    public static FindingCode OutOfRange { get; } = new(
        "TF2419", Error, "The factors are products of values, and these products do not fit float32.", MergeRemedy);
    public static FindingCode Converted { get; } = new(
        "TF2420", Information,
        "The adapter's method is another than LoRA; its modules became LoRA modules that change the weights in the same way, to the rounding of float32.",
        "Nothing.");
    public static FindingCode Obsolete { get; } = new(
        "TF2421", Error, "PEFT itself no longer loads adapters of this method.", "Bring it up to date with PEFT's own script first.");

    /// <summary>All codes of this block.</summary>
    public static ImmutableArray<FindingCode> All { get; } =
    [
        NeedsBase, NotLowRank, Replacement, Conditional, Prompt, Incomplete, Setting, SettingAssumed, PartMissing, PartShape, Convolution, RankLimit, RankLarge,
        Truncated, TruncatedWithoutLoss, NotTruncatable, InputSizeUnknown, InputSizeAssumed, NotFinite, OutOfRange, Converted, Obsolete,
    ];
}
