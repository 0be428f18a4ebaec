using Transfuse.Conversion.Models.Architectures.Mapping;

namespace Transfuse.Conversion.Checking.Peft;

/// <summary>Modules beside the language model of a vision-language model, which the table of architectures does not describe: whether they are there only the base's weights tell.</summary>
internal static class HfTowers
{
    public const string Why = "the table of architectures describes the language model alone, so modules beside it were not compared with the model";

    /// <summary>Whether a path may be one of a tower or projector of the base.</summary>
    public static bool Has(CheckContext context, string path)
    {
        if (context.Architecture is not { } architecture || !ServedRoots.IsVisionLanguage(context) || HfPaths.Resolve(architecture, path) is not null)
        {
            return false;
        }

        // Files may name modules under another first segment than the live model does.
        string name = path + ".weight";
        return context.BaseWeights is not { } weights || (weights.Find(name) ?? weights.Find(name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..]) ?? weights.Find("model." + name)) is not null;
    }
}
