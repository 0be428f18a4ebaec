using System.Collections.Frozen;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Readers.Peft;

namespace Transfuse.Conversion.Readers.Served;

/// <summary>
/// The names that a vision-language model's weight mapper knows in vLLM and SGLang: all have a rule for <c>model.language_model.</c>, and few one for a bare
/// <c>model.</c>, under which the text class of the same model has its modules. Without a rule such names stay as they are, and no module has them.
/// </summary>
internal static class ServedRoots
{
    /// <summary>Why names of the text class do nothing on a vision-language base.</summary>
    public const string Unmapped =
        "is the name of the text class, and the weight mapper of the vision-language class has no rule for a bare model.: it is loaded and never applied";

    private const string Bare = "model.";
    private const string Nested = "model.language_model.";

    // vLLM of summer 2026, hf_to_vllm_mapper of each model class; the original checkpoints of these have a bare model.
    private static readonly FrozenSet<string> WithBareRule =
        FrozenSet.Create(StringComparer.Ordinal, "qwen2_vl", "qwen2_5_vl", "gemma3n", "gemma4", "gemma4_unified");

    /// <summary>Whether a module's name is that of the text class, and the vision-language class that serves the base has no rule for it.</summary>
    public static bool IsUnmapped(CheckContext context, string path) =>
        context.Architecture is { } architecture && context.ModelType is { } modelType && ModulesBeside.IsVisionLanguage(context)
        && path.StartsWith(Bare, StringComparison.Ordinal) && !path.StartsWith(Nested, StringComparison.Ordinal)
        && HfPaths.IsExact(architecture, path) && !WithBareRule.Contains(modelType);
}
