using System.Collections.Frozen;
using Transfuse.Conversion.Models.Architectures.Mapping;

namespace Transfuse.Conversion.Checking.Peft;

/// <summary>
/// The names that a vision-language model's weight mapper knows in vLLM and SGLang: all have a rule for <c>model.language_model.</c>, and few one for a bare <c>model.</c>,
/// under which the text class of the same model has its modules. Without a rule such names stay as they are, and no module has them.
/// </summary>
internal static class ServedRoots
{
    private const string Bare = "model.";
    private const string Nested = "model.language_model.";

    // vLLM of summer 2026, hf_to_vllm_mapper of each model class; the original checkpoints of these have a bare model.
    private static readonly FrozenSet<string> WithBareRule = FrozenSet.Create(StringComparer.Ordinal, "qwen2_vl", "qwen2_5_vl", "gemma3n", "gemma4", "gemma4_unified");

    /// <summary>Whether a module's name is that of the text class, and the vision-language class that serves the base has no rule for it.</summary>
    public static bool IsUnmapped(CheckContext context, string path) =>
        context.Architecture is { } architecture && context.ModelType is { } modelType && IsVisionLanguage(context)
        && path.StartsWith(Bare, StringComparison.Ordinal) && !path.StartsWith(Nested, StringComparison.Ordinal)
        && HfPaths.IsExact(architecture, path) && !WithBareRule.Contains(modelType);

    /// <summary>Whether the base is a vision-language model, as far as its model type and the classes in its config tell.</summary>
    public static bool IsVisionLanguage(CheckContext context) =>
        context.Architecture is { } architecture && context.ModelType?.EndsWith("_text", StringComparison.Ordinal) == false
        && architecture.Layers.Transformers5.Contains("language_model", StringComparison.Ordinal)
        && !(context.BaseConfig?.ClassNames is { IsEmpty: false } classes && classes.All(name => name.EndsWith("ForCausalLM", StringComparison.Ordinal)));
}
