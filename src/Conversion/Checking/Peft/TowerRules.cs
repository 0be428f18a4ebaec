using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Checking.Peft;

/// <summary>Modules beside the language model, of which only their names are known: they are said to be unjudged, not to be missing.</summary>
internal static class TowerRules
{
    /// <summary>Names each part once, with the number of its modules.</summary>
    public static void Report(CheckContext context, HfModel? model, PeftFile file)
    {
        foreach (IGrouping<string, string> tower in file.Modules.Select(pair => pair.Path).GroupBy(path => model?.TowerOf(path) ?? string.Empty, StringComparer.Ordinal).Where(group => group.Key.Length > 0))
        {
            string[] paths = [.. tower.Distinct(StringComparer.Ordinal)];
            context.Report(CheckCodes.NotJudged, tower.Key, $"{paths.Length} modules, such as {paths[0]}, lie in this part beside the language model of {model!.Architecture}, which the table of architectures does not describe");
        }
    }
}
