using System.Collections.Immutable;
using static Transfuse.Metadata.Findings.MethodCodes;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>The methods of PEFT 0.21 that are not converted, and why.</summary>
internal static class RefusedMethods
{
    public static ImmutableArray<RefusedMethod> All { get; } =
    [
        new("BOFT", NeedsBase, "rotates the weight by butterfly matrices and scales its rows"),
        new("DEFT", NeedsBase, "removes a part of the weight by projection before it adds another"),
        new("FROD", NeedsBase, "replaces the weight by a product of its own, so the change is relative to the base's"),
        new("GLORA", NeedsBase, "multiplies the weight and its bias by trained factors before it adds to them"),
        new("HIRA", NeedsBase, "multiplies the weight element by element with a low-rank product"),
        new("HRA", NeedsBase, "reflects the weight by Householder matrices"),
        new("IA3", NeedsBase, "multiplies rows or columns of the weight by trained factors"),
        new("OFT", NeedsBase, "rotates the weight by block-diagonal orthogonal matrices"),
        new("OSF", NeedsBase, "trains singular vectors of the weight itself"),
        new("PEANUT", NeedsBase, "computes the change from the weight by a small network"),
        new("PSOFT", NeedsBase, "rotates a subspace that the weight's singular vectors span"),
        new("ROAD", NeedsBase, "rotates pairs of the weight's rows"),
        new("ADAMSS", NotLowRank, "adds low-rank changes of several parts of the weight's singular space"),
        new("C3A", NotLowRank, "adds a block-circulant matrix"),
        new("RANDLORA", NotLowRank, "adds a sum of scaled random products that together have full rank"),
        new("SHIRA", NotLowRank, "adds a sparse matrix"),
        new("SUPERTUNING", NotLowRank, "adds a sparse matrix"),
        new("FOURIERFT", Incomplete, "places a spectrum at positions that torch's random generator gives"),
        new("WAVEFT", Incomplete, "places wavelet coefficients at positions that torch's random generator gives"),
        new("UNILORA", Incomplete, "spreads one vector over all factors by indices that torch's random generator gives"),
        new("TINYLORA", Incomplete, "shares vectors between modules in the order in which the model holds them, which the file does not tell"),
        new("BEFT", Replacement, "adds to biases"),
        new("LN_TUNING", Replacement, "replaces the weights of norms"),
        new("TRAINABLE_TOKENS", Replacement, "replaces rows of the embedding"),
        new("BONE", Obsolete, "is the early form of MISS; PEFT's script convert-bone-to-miss.py makes MISS of it, which can be converted"),
        new("LILY", Conditional, "routes each input to a mixture of factors"),
        new("POLY", Conditional, "routes each task to a mixture of factors"),
        new("XLORA", Conditional, "mixes several LoRA adapters anew for each token; convert these one by one"),
        new("ADAPTION_PROMPT", Prompt, "adds trained prompts to attention"),
        new("CARTRIDGE", Prompt, "adds trained keys and values before the input"),
        new("CPT", Prompt, "adds virtual tokens before the input"),
        new("MULTITASK_PROMPT_TUNING", Prompt, "adds virtual tokens before the input, one set for each task"),
        new("P_TUNING", Prompt, "adds virtual tokens before the input"),
        new("PREFIX_TUNING", Prompt, "adds trained keys and values before the input"),
        new("PROMPT_TUNING", Prompt, "adds virtual tokens before the input"),
    ];

    /// <summary>Why a method is not converted, or <see langword="null"/> for one that is.</summary>
    public static RefusedMethod? Find(string peftType) => All.FirstOrDefault(method => method.PeftType == peftType);
}
