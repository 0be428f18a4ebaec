using System.Collections.Immutable;
using static Transfuse.Metadata.Findings.Severity;

namespace Transfuse.Metadata.Findings;

/// <summary>TF2xxx: what tensors are, and what was done to them.</summary>
/// <seealso cref="Transfuse.Metadata.Findings.FindingCodes" />
public static class TensorCodes
{
    public static FindingCode HalfPair { get; } = new(
        "TF2001", Error, "A module has one low-rank factor but not the other.", "The file lost tensors; save the adapter again.",
        "the lone factor; the module is left as in the base");
    public static FindingCode RankMismatch { get; } = new(
        "TF2002", Error, "The two factors of a module have different ranks.", "The file mixes two adapters, or was cut; save the adapter again.");
    public static FindingCode WrongDimensions { get; } = new("TF2003", Error, "A factor has a shape that no layer has.", "Check which program wrote the file.");
    public static FindingCode DuplicateModule { get; } = new("TF2004", Error, "Two names in the file mean the same module.", "Delete the stale pair.");
    public static FindingCode UnknownTensor { get; } = new(
        "TF2005", Error, "A tensor is neither a low-rank factor nor anything else that is known.", "Check which program wrote the file.", "the tensor");
    public static FindingCode BadPath { get; } = new("TF2006", Error, "A tensor name has no usable module path.", "Check which program wrote the file.");
    public static FindingCode NotFloat { get; } = new(
        "TF2007", Error, "A factor's elements are not float16, bfloat16, float32 or float64.",
        "Quantized factors must be dequantized by the program that wrote them.");
    public static FindingCode ValueOverflow { get; } = new(
        "TF2008", Error, "A value does not fit the dtype that is to be written.",
        "Use --dtype bf16 or f32. MLX reads no float64, so that values beyond float32 cannot be written for it.");
    public static FindingCode NotFinite { get; } = new(
        "TF2009", Error, "A factor holds NaN or infinity.", "The training diverged; use an earlier checkpoint.",
        "nothing; the values are written as they are, and the model will compute NaN");
    public static FindingCode EmptyRank { get; } = new("TF2010", Information, "A module has rank 0: it changes nothing and is left out.", "Nothing.");
    public static FindingCode EmptyRankMagnitude { get; } = new(
        "TF2361", Error, "A module has rank 0 and yet a DoRA magnitude, which rescales the rows of the base's weight; no program has such a module.",
        "Find the complete file: the factors are missing.", "the magnitude; the module stays as in the base");
    public static FindingCode NoModules { get; } = new(
        "TF2011", Error, "The weights file has no low-rank factors.", "Check that this is an adapter, not a whole model.");
    public static FindingCode MagnitudeShape { get; } = new(
        "TF2012", Error, "A DoRA magnitude does not have one value for each output.", "Check which program wrote the file.");
    public static FindingCode OddNames { get; } = new(
        "TF2013", Information, "Tensor names carry a prefix or an adapter name that PEFT would not write, or lack its prefix; they were read as meant.",
        "Nothing.");
    public static FindingCode ValueUnderflow { get; } = new(
        "TF2018", Error, "The values are so small that the dtype to be written would lose much of them, or all.", "Use --dtype bf16 or f32.",
        "what lies below the smallest value of the dtype");
    public static FindingCode NoEffect { get; } = new(
        "TF2014", Warning, "Every B factor is zero: the adapter changes nothing.", "It was not trained, or its values were lost.");
    public static FindingCode MagnitudesMissing { get; } = new(
        "TF2015", Error, "The config says DoRA, but modules have no magnitude. PEFT would take the norms of the base for them, which is not what was trained.",
        "Save the adapter again; if it was never DoRA, allow the code.", "the magnitudes, should the adapter have had them: it is taken for LoRA");
    public static FindingCode MagnitudesIgnored { get; } = new(
        "TF2016", Error, "The file has DoRA magnitudes, but the config does not say DoRA: PEFT ignores them without a word.",
        "Set use_dora to true if the adapter was trained so; else allow the code.", "the magnitudes");
    public static FindingCode ScaleOutOfRange { get; } = new(
        "TF2017", Error, "A scale, or the product of one with its B, leaves the range of float32, by which runtimes multiply.",
        "Check the alphas of the config: one of them is extreme.");
    public static FindingCode ScaleVanishes { get; } = new(
        "TF2030", Warning, "A scale is not zero, but too small for the form in which runtimes multiply by it, where it becomes 0: the module adds nothing.",
        "Check the alpha and the rank, or the scale, of the config: one of them is extreme.");
    public static FindingCode NestedPair { get; } = new(
        "TF2065",
        Warning,
        "The only pair of a Linear module lies under base_layer, as where two PEFT models were put around each other; it was read as the module's own. PEFT "
        + "and vLLM look it up nowhere.",
        "Check that the config is that of these factors: its alpha gives their scale.");
    public static FindingCode StackedPairs { get; } = new(
        "TF2066", Error, "A module has two pairs, one inside the other: two adapters in one file, and the config tells the scale of one.",
        "Save each adapter alone, or merge the inner one into the base first (merge_and_unload in PEFT).");
    public static FindingCode EmptyPartition { get; } = new(
        "TF2067", Error,
        "A tensor has the shape (0), as DeepSpeed ZeRO-3 leaves it where its parts are saved without being gathered: its values are not in the file.",
        "Gather them from the training's checkpoint with DeepSpeed's zero_to_fp32.py, or save again with stage3_gather_16bit_weights_on_model_save.");
    public static FindingCode PrefixUnclear { get; } = new(
        "TF2060", Error, "Something stands before base_model.model. in a name, and neither the base nor the names show whether it is a part of the model.",
        "Give --base; its config or weights tell whether the model has such a part.");
    public static FindingCode PrefixMoved { get; } = new(
        "TF2061",
        Warning,
        "The path of a part of the model stood before base_model.model., where PEFT does not look for it; it was put where the base or the names show that it "
        + "belongs.",
        "Nothing, if the adapter is for that part of the model.");
    public static FindingCode Widened { get; } = new(
        "TF2062", Information, "Factors are eight-bit floats without scales; bfloat16 holds the same values exactly.", "Nothing.");
    public static FindingCode TurnedFactors { get; } = new(
        "TF2063", Warning, "A module's factors have another rank than the config says, and would have the config's if they were turned around.",
        "Compare with the base, by --base; if they were saved transposed, transpose them back in the program that wrote them.");
    public static FindingCode BaseStorage { get; } = new(
        "TF2064",
        Information,
        "The file holds what only a live model needs of its base: copies of replaced modules (original_module), or the storage of bitsandbytes. It was left "
        + "out.",
        "Nothing.");
    public static FindingCode ExpertShape { get; } = new(
        "TF2101", Error, "The factors of packed experts do not fit the number of experts.",
        "Check the rank in the config and the number of experts of the base.");
    public static FindingCode ExpertOrientation { get; } = new(
        "TF2102", Error, "Packed experts are square, so their orientation cannot be seen, and nothing else tells it.",
        "Give --expert-orientation, or --base with weights.");
    public static FindingCode ParametersUnclear { get; } = new(
        "TF2103", Error, "Names of packed experts tell only how deep they are nested, and target_parameters does not name as many parameters.",
        "Restore target_parameters in the config.");
    public static FindingCode RankPadded { get; } = new(
        "TF2201", Information, "The target has one rank for all modules; smaller ones were padded with zeros, which is exact.", "Nothing.");
    public static FindingCode ScaleFolded { get; } = new(
        "TF2202", Information,
        "The target has one scale for all modules; the ratio of another was multiplied into B in float32, which rounds, and B was stored as float32.",
        "Nothing.");
    public static FindingCode ScaleFoldedExactly { get; } = new(
        "TF2203", Information, "The target has one scale for all modules; the ratio of another is a power of two and was multiplied into B exactly.",
        "Nothing.");
    public static FindingCode DoubleRounded { get; } = new("TF2204", Warning, "MLX reads no float64; the tensor was rounded to float32.", "Nothing.");
    public static FindingCode Cast { get; } = new(
        "TF2205", Information, "Factors were converted to the dtype that --dtype gives, rounding to nearest even.", "Nothing.");
    public static FindingCode Fused { get; } = new(
        "TF2206", Information, "Modules that the target holds as one were fused block-diagonally: their ranks add up, which is exact.", "Nothing.");
    public static FindingCode ExpertsFilled { get; } = new(
        "TF2207", Information, "Experts that the adapter does not have were filled with zeros, which is exact.", "Nothing.");
    public static FindingCode WholeModule { get; } = new(
        "TF2301", Error, "The adapter replaces a whole module of the base, for which the target has no place.",
        "Merging the adapter into the base keeps it: transfuse fuse, or merge_and_unload in PEFT.", "the trained module; the base's stays");
    public static FindingCode BaseBias { get; } = new(
        "TF2302", Error, "The adapter replaces biases of the base, for which the target has no place.",
        Remedies.MergingKeeps, "the trained biases; the base's stay");
    public static FindingCode LoraBias { get; } = new(
        "TF2303", Error, "The adapter adds biases (lora_bias), for which the target has no place.",
        "Merging the adapter into the base keeps them where its layers have biases: transfuse fuse, or merge_and_unload in PEFT.", "the biases");
    public static FindingCode SavedEmbedding { get; } = new(
        "TF2304", Error, "The file holds a base embedding that differs from the base's, or could not be compared with it.",
        "Give --base with its weights; if the embedding was trained, merging keeps it: transfuse fuse, or, a resized one too, merge_and_unload in PEFT.",
        "the saved embedding; the base's stays");
    public static FindingCode SavedEmbeddingEqual { get; } = new(
        "TF2305", Information, "The file holds a base embedding, or a base bias, that has the base's values; it was left out.", "Nothing.");
    public static FindingCode WholeModuleEqual { get; } = new(
        "TF2360", Information, "The file holds whole weights of the base that equal the base's; they were left out.", "Nothing.");
    public static FindingCode TokenRows { get; } = new(
        "TF2306", Error, "The adapter replaces rows of an embedding (trainable tokens), for which the target has no place.",
        Remedies.MergingKeeps, "the trained rows; the base's stay");
    public static FindingCode TrainingState { get; } = new(
        "TF2307", Information, "The file holds tensors that only training reads; they were left out.", "Nothing.");

    /// <summary>All codes of this block.</summary>
    public static ImmutableArray<FindingCode> All { get; } =
    [
        HalfPair, RankMismatch, WrongDimensions, DuplicateModule, UnknownTensor, BadPath,
        NotFloat, ValueOverflow, NotFinite, EmptyRank, EmptyRankMagnitude, NoModules, MagnitudeShape,
        OddNames, NoEffect, MagnitudesMissing, MagnitudesIgnored, ScaleOutOfRange, ScaleVanishes,
        ValueUnderflow, NestedPair, StackedPairs, EmptyPartition, ExpertShape,
        ExpertOrientation, ParametersUnclear, RankPadded, ScaleFolded,
        ScaleFoldedExactly, DoubleRounded, Cast, Fused, ExpertsFilled, WholeModule,
        PrefixUnclear, PrefixMoved, Widened, TurnedFactors, BaseStorage, WholeModuleEqual,
        BaseBias, LoraBias, SavedEmbedding, SavedEmbeddingEqual, TokenRows, TrainingState,
    ];
}
