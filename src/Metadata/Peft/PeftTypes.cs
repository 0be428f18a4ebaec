using System.Collections.Frozen;

namespace Transfuse.Metadata.Peft;

/// <summary>The names of methods and tasks in PEFT's configs (PEFT 0.21).</summary>
internal static class PeftTypes
{
    /// <summary>LoRA and its variants.</summary>
    public const string Lora = "LORA";

    /// <summary>Trained factors of rows or columns.</summary>
    public const string Ia3 = "IA3";

    /// <summary>Every <c>peft_type</c>; BONE only before 0.19.</summary>
    public static FrozenSet<string> All { get; } = FrozenSet.Create(
        StringComparer.Ordinal,
        "ADALORA", "ADAMSS", "ADAPTION_PROMPT", "BEFT", "BOFT", "BONE", "C3A", "CARTRIDGE", "CPT", "DEFT", "DELORA", "FOURIERFT", "FROD", "GLORA", "GRALORA",
        "HIRA", "HRA",
        Ia3, "LILY", "LN_TUNING", "LOHA", "LOKR", Lora, "MISS", "MULTITASK_PROMPT_TUNING", "OFT", "OSF", "PEANUT", "POLY", "PREFIX_TUNING", "PROMPT_TUNING",
        "PSOFT",
        "PVERA", "P_TUNING", "RANDLORA", "ROAD", "SHIRA", "SUPERTUNING", "TINYLORA", "TRAINABLE_TOKENS", "UNILORA", "VBLORA", "VERA", "WAVEFT", "XLORA");

    /// <summary>Every <c>task_type</c>.</summary>
    public static FrozenSet<string> Tasks { get; } = FrozenSet.Create(
        StringComparer.Ordinal,
        "SEQ_CLS", "SEQ_2_SEQ_LM", "CAUSAL_LM", "TOKEN_CLS", "QUESTION_ANS", "FEATURE_EXTRACTION");
}
