using System.Collections.Immutable;
using static Transfuse.Metadata.Findings.Severity;

namespace Transfuse.Metadata.Findings;

/// <summary>TF60xx: merging adapters into their base.</summary>
/// <seealso cref="Transfuse.Metadata.Findings.FindingCodes" />
public static class FusionCodes
{
    public static FindingCode BaseIncomplete { get; } = new(
        "TF6001", Error, "The weights of the base are not whole: a file is missing, or its index and its files do not agree.",
        "Download the base again, and give the folder that holds all of it.");
    public static FindingCode WeightMissing { get; } = new(
        "TF6002", Error, "The adapter changes a weight that the base does not have.",
        "Give the base that the adapter was trained on; where its names are unknown, give --model-type.");
    public static FindingCode WeightShape { get; } = new(
        "TF6003", Error, "The adapter does not fit a weight of the base.", "Give the base that the adapter was trained on.");
    public static FindingCode WeightForm { get; } = new(
        "TF6004", Error, "A weight that the adapter changes is stored in a form that nothing can be added to.",
        "Give the base in float32, float16, bfloat16 or one of MLX's quantized forms.");
    public static FindingCode NotFinite { get; } = new(
        "TF6005", Error, "A merged weight would hold NaN or infinity; nothing was written.",
        "Look at the adapter with inspect: its training may have diverged, its scale may be wrong, or the base's dtype may not hold the sum.");
    public static FindingCode Untied { get; } = new(
        "TF6006", Warning,
        "The base ties its head to its embedding, and the adapter makes them differ: the merged model has a head of its own, and its config.json says so.",
        "Nothing, if the adapter was trained that way.");
    public static FindingCode CannotUntie { get; } = new(
        "TF6007", Error, "The adapter makes head and embedding differ, and the model's code has no head of its own.",
        "Use the adapter without merging it, or merge it into the base's other layout.");
    public static FindingCode Requantized { get; } = new(
        "TF6008", Warning,
        "The base is quantized, and so is the merged model: rounding to its steps loses a part of what the adapter changes. The message says how much.",
        "Give --keep-precision SHARE to leave the modules unquantized that lose more, or --dequantize.");
    public static FindingCode ChangeLost { get; } = new(
        "TF6009",
        Warning,
        "Rounding to the base's dtype loses more than half of what the adapter changes in a weight: the change is about as small as the steps between "
        + "neighbouring values.",
        "Use the adapter without merging it, or merge it into the base in float32.");
    public static FindingCode KeptPrecise { get; } = new(
        "TF6010", Information, "Modules were left unquantized because they would have lost more than --keep-precision allows.",
        "Nothing; config.json tells mlx-lm which they are.");
    public static FindingCode WeightsLeftOut { get; } = new(
        "TF6011", Warning, "The base's folder holds other weights files, which would not be those of the merged model; they were not copied.",
        "Nothing, unless they hold parts of the model.");
    public static FindingCode BiasMissing { get; } = new(
        "TF6012", Error, "The adapter adds to a bias that the base's layer does not have.", "Use the adapter without merging it; PEFT cannot merge it either.");
    public static FindingCode TokenRows { get; } = new(
        "TF6013", Error, "Rows of trained tokens do not fit the base's embedding.", "Give the base that the adapter was trained on, with its vocabulary.");
    public static FindingCode OutputPlace { get; } = new(
        "TF6014", Error, "The output is the folder of the base or of an adapter, or lies inside one, or one lies inside it.", "Give another --output.");
    public static FindingCode NothingToMerge { get; } = new("TF6015", Error, "The adapter has nothing that could be merged.", "Look at it with inspect.");
    public static FindingCode NotQuantized { get; } = new(
        "TF6016", Error, "--dequantize and --keep-precision are for bases that MLX quantized.", "Leave the option out.");
    public static FindingCode NoSpace { get; } = new(
        "TF6017", Error, "The disk has less space than the merged model needs.", "Free some space, or give an --output on another disk.");
    public static FindingCode NoCounterpart { get; } = new(
        "TF6018", Error, "The adapter replaces a parameter, and the base holds it in another form that a replacement cannot be brought into.",
        "Merge the adapter into the base in Hugging Face layout, and convert the result with mlx_lm.convert.");

    public static FindingCode SideFileLeftOut { get; } = new(
        "TF6019", Warning, "Something beside the base's weights is no file of its folder, so the merged model does not have it.",
        "Copy what it leads to if the merged model should have it.");
    public static FindingCode Resized { get; } = new(
        "TF6020", Warning,
        "The adapter was trained on another number of tokens than the base has: embedding and head get its rows, and config.json says so.",
        "Put the tokenizer that the adapter was trained with beside the merged model; the one there is the base's.");
    public static FindingCode NotResized { get; } = new(
        "TF6021", Error, "The adapter has an embedding of another number of tokens than the base, and the merged model would not fit together.",
        "Resize the base's embeddings and save it (resize_token_embeddings in transformers), and merge into that.");

    /// <summary>All codes of this block.</summary>
    public static ImmutableArray<FindingCode> All { get; } =
    [
        BaseIncomplete, WeightMissing, WeightShape, WeightForm, NotFinite, Untied, CannotUntie, Requantized, ChangeLost, KeptPrecise, WeightsLeftOut,
        BiasMissing,
        TokenRows, OutputPlace, NothingToMerge, NotQuantized, NoSpace, NoCounterpart, SideFileLeftOut, Resized, NotResized,
    ];
}
