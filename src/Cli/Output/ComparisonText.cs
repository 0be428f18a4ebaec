using System.Globalization;
using System.Text;
using Transfuse.Conversion.Verification;
using Transfuse.Formats.Text;

namespace Transfuse.Cli.Output;

/// <summary>Prints a comparison: a verdict, and the modules that differ, or all.</summary>
internal static class ComparisonText
{
    public static string Render(AdapterComparison comparison, double tolerance, bool verbose)
    {
        var text = new StringBuilder();
        foreach (ModuleComparison module in comparison.Modules.Where(module => verbose || !module.Agrees(tolerance)))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{(module.Agrees(tolerance) ? "same     " : "DIFFERENT")} {PrintableText.OneLine(module.Path)}: {Describe(module)}");
        }

        int bitEqual = comparison.Modules.Count(module => module.IsBitEqual);
        int differing = comparison.Modules.Count(module => !module.Agrees(tolerance));
        string verdict = differing == 0 ? "the adapters change the model in the same way" : $"the adapters differ in {differing} of {comparison.Modules.Length} modules";
        text.Append(CultureInfo.InvariantCulture,
            $"{verdict}: {comparison.Modules.Length} modules, {bitEqual} bit-equal, worst relative error {comparison.WorstRelativeError:G3} (tolerance {tolerance:G3})");
        return text.ToString();
    }

    private static string Describe(ModuleComparison module)
    {
        string presence = module.Presence switch
        {
            ModulePresence.OnlyFirst => "only in the first; ",
            ModulePresence.OnlySecond => "only in the second; ",
            _ => string.Empty,
        };
        string numbers = module.Mismatch is { } mismatch ? PrintableText.OneLine(mismatch) : string.Create(CultureInfo.InvariantCulture,
            $"relative error {module.RelativeError:G3}, worst element {module.WorstElement:G3}, norm {module.Norm:G4}");
        string ranks = module.Ranks.First == module.Ranks.Second ? $"rank {module.Ranks.First}" : $"ranks {module.Ranks.First} and {module.Ranks.Second}";
        string scales = (float)module.Scales.First == (float)module.Scales.Second
            ? string.Create(CultureInfo.InvariantCulture, $"scale {module.Scales.First:R}")
            : string.Create(CultureInfo.InvariantCulture, $"scales {module.Scales.First:R} and {module.Scales.Second:R}");
        return $"{presence}{numbers}, {ranks}, {scales}";
    }
}
