using System.Collections.Immutable;
using static Transfuse.Metadata.Findings.Severity;

namespace Transfuse.Metadata.Findings;

/// <summary>TF60xx: merging adapters into their base.</summary>
public static class FusionCodes
{
    /// <summary>The base's weights are not all there, or not where its index says.</summary>
    public static FindingCode BaseIncomplete { get; } = new("TF6001", Error, "The weights of the base are not whole: a file is missing, or its index and its files do not agree.", "Download the base again, and give the folder that holds all of it.");

    /// <summary>A module has no weight in the base.</summary>
    public static FindingCode WeightMissing { get; } = new("TF6002", Error, "The adapter changes a weight that the base does not have.", "Give the base that the adapter was trained on; where its names are unknown, give --model-type.");

    /// <summary>A weight has another shape.</summary>
    public static FindingCode WeightShape { get; } = new("TF6003", Error, "The adapter does not fit a weight of the base.", "Give the base that the adapter was trained on.");

    /// <summary>A weight cannot be added to.</summary>
    public static FindingCode WeightForm { get; } = new("TF6004", Error, "A weight that the adapter changes is stored in a form that nothing can be added to.", "Give the base in float32, float16, bfloat16 or one of MLX's quantized forms.");

    /// <summary>The result is not finite.</summary>
    public static FindingCode NotFinite { get; } = new("TF6005", Error, "A merged weight would hold NaN or infinity; nothing was written.", "Look at the adapter with inspect: its training may have diverged, its scale may be wrong, or the base's dtype may not hold the sum.");

    /// <summary>Head and embedding are no longer one weight.</summary>
    public static FindingCode Untied { get; } = new("TF6006", Warning, "The base ties its head to its embedding, and the adapter makes them differ: the merged model has a head of its own, and its config.json says so.", "Nothing, if the adapter was trained that way.");

    /// <summary>The model cannot have a head of its own.</summary>
    public static FindingCode CannotUntie { get; } = new("TF6007", Error, "The adapter makes head and embedding differ, and the model's code has no head of its own.", "Use the adapter without merging it, or merge it into the base's other layout.");

    /// <summary>A quantized weight was quantized again.</summary>
    public static FindingCode Requantized { get; } = new("TF6008", Warning, "The base is quantized, and so is the merged model: rounding to its steps loses a part of what the adapter changes. The message says how much.", "Give --keep-precision SHARE to leave the modules unquantized that lose more, or --dequantize.");

    /// <summary>Most of the change was lost to rounding.</summary>
    public static FindingCode ChangeLost { get; } = new("TF6009", Warning, "Rounding to the base's dtype loses more than half of what the adapter changes in a weight: the change is about as small as the steps between neighbouring values.", "Use the adapter without merging it, or merge it into the base in float32.");

    /// <summary>A module was left unquantized.</summary>
    public static FindingCode KeptPrecise { get; } = new("TF6010", Information, "Modules were left unquantized because they would have lost more than --keep-precision allows.", "Nothing; config.json tells mlx-lm which they are.");

    /// <summary>Weights beside those that were merged.</summary>
    public static FindingCode WeightsLeftOut { get; } = new("TF6011", Warning, "The base's folder holds other weights files, which would not be those of the merged model; they were not copied.", "Nothing, unless they hold parts of the model.");

    /// <summary>The base's layer has no bias.</summary>
    public static FindingCode BiasMissing { get; } = new("TF6012", Error, "The adapter adds to a bias that the base's layer does not have.", "Use the adapter without merging it; PEFT cannot merge it either.");

    /// <summary>Rows of tokens that are not those of the base.</summary>
    public static FindingCode TokenRows { get; } = new("TF6013", Error, "Rows of trained tokens do not fit the base's embedding.", "Give the base that the adapter was trained on, with its vocabulary.");

    /// <summary>The output would lie in a source.</summary>
    public static FindingCode OutputPlace { get; } = new("TF6014", Error, "The output is the folder of the base or of an adapter, or lies inside one, or one lies inside it.", "Give another --output.");

    /// <summary>The adapter changes nothing.</summary>
    public static FindingCode NothingToMerge { get; } = new("TF6015", Error, "The adapter has nothing that could be merged.", "Look at it with inspect.");

    /// <summary>The base is not quantized.</summary>
    public static FindingCode NotQuantized { get; } = new("TF6016", Error, "--dequantize and --keep-precision are for bases that MLX quantized.", "Leave the option out.");

    /// <summary>The disk is too small.</summary>
    public static FindingCode NoSpace { get; } = new("TF6017", Error, "The disk has less space than the merged model needs.", "Free some space, or give an --output on another disk.");

    /// <summary>A tensor of the base changes its meaning with the layout.</summary>
    public static FindingCode NoCounterpart { get; } = new("TF6018", Error, "The adapter replaces a parameter, and the base holds it in another form that a replacement cannot be brought into.", "Merge the adapter into the base in Hugging Face layout, and convert the result with mlx_lm.convert.");

    /// <summary>All codes of this block.</summary>
    public static ImmutableArray<FindingCode> All { get; } =
    [
        BaseIncomplete, WeightMissing, WeightShape, WeightForm, NotFinite, Untied, CannotUntie, Requantized, ChangeLost, KeptPrecise, WeightsLeftOut, BiasMissing,
        TokenRows, OutputPlace, NothingToMerge, NotQuantized, NoSpace, NoCounterpart,
    ];
}
