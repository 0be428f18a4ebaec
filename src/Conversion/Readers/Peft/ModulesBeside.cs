using Transfuse.Conversion.Models.Architectures.Mapping;

namespace Transfuse.Conversion.Readers.Peft;

/// <summary>
/// Modules beside the language model of a vision-language model, which the table of architectures does not describe: whether they are there only the base's
/// weights tell.
/// </summary>
internal static class ModulesBeside
{
    public const string Why = "the table of architectures describes the language model alone, so modules beside it were not compared with the model";

    /// <summary>Whether a path may be one of a tower or projector of the base.</summary>
    public static bool Has(CheckContext context, string path)
    {
        if (context.Architecture is not { } architecture || !IsVisionLanguage(context) || HfPaths.Resolve(architecture, path) is not null)
        {
            return false;
        }

        // Files may name modules under another first segment than the live model does.
        string name = path + ".weight";
        return context.BaseWeights is not { } weights
            || (weights.Find(name) ?? weights.Find(name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..]) ?? weights.Find("model." + name)) is not null;
    }

    /// <summary>Whether the base is a vision-language model, as far as its model type and the classes in its config tell.</summary>
    public static bool IsVisionLanguage(CheckContext context) =>
        context.Architecture is { } architecture && context.ModelType?.EndsWith("_text", StringComparison.Ordinal) == false
        && architecture.Layers.Transformers5.Contains("language_model", StringComparison.Ordinal)
        && !(context.BaseConfig?.ClassNames is { IsEmpty: false } classes && classes.All(name => name.EndsWith("ForCausalLM", StringComparison.Ordinal)));
}
