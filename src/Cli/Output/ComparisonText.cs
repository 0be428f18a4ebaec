using System.Globalization;
using System.Text;
using Transfuse.Conversion.Verification;
using Transfuse.Formats.Text;

namespace Transfuse.Cli.Output;

/// <summary>Prints a comparison: a verdict, and the modules that differ, or all.</summary>
internal static class ComparisonText
{
    /// <summary>The text.</summary>
    /// <param name="comparison">The comparison.</param>
    /// <param name="tolerance">Largest relative error that counts as rounding.</param>
    /// <param name="names">What to call the two adapters.</param>
    /// <param name="verbose">Whether to list modules that agree.</param>
    public static string Render(AdapterComparison comparison, double tolerance, (string First, string Second) names, bool verbose)
    {
        var text = new StringBuilder();
        foreach (ModuleComparison module in comparison.Modules.Where(module => verbose || !module.Agrees(tolerance)))
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{(module.Agrees(tolerance) ? "same     " : "DIFFERENT")} {PrintableText.OneLine($"{module.Path}: {Describe(module, names)}")}");
        }

        if (comparison.Roots is { } roots)
        {
            text.AppendLine(CultureInfo.InvariantCulture,
                $"the same modules under another root: {PrintableText.OneLine(roots.First)} in {names.First}, {PrintableText.OneLine(roots.Second)} in "
                + $"{names.Second}; whether one model has both names, --base MODEL or --model-type NAME tells");
        }

        text.Append(Verdict(comparison, tolerance)).Append(": ").AppendJoin(", ", Counts(comparison, names))
            .Append(CultureInfo.InvariantCulture, $", worst relative error {comparison.WorstRelativeError:G3} (tolerance {tolerance:G3})");
        return text.ToString();
    }

    private static string Verdict(AdapterComparison comparison, double tolerance)
    {
        int differing = comparison.Modules.Count(module => !module.Agrees(tolerance));
        return differing > 0 ? $"the adapters differ in {differing} of {comparison.Modules.Length} modules"
            : comparison.Roots is null ? "the adapters change the model in the same way"
            : "the adapters hold the same changes under other names";
    }

    private static IEnumerable<string> Counts(AdapterComparison comparison, (string First, string Second) names)
    {
        yield return $"{comparison.Modules.Length} modules";
        yield return $"{comparison.Modules.Count(module => module.IsBitEqual)} bit-equal";
        foreach ((ModulePresence presence, string name) in new[] { (ModulePresence.OnlyFirst, names.First), (ModulePresence.OnlySecond, names.Second) })
        {
            if (comparison.Modules.Count(module => module.Presence == presence) is > 0 and var count)
            {
                yield return $"{count} only in {name}";
            }
        }
    }

    private static string Describe(ModuleComparison module, (string First, string Second) names) => string.Join(", ", module.Presence switch
    {
        ModulePresence.OnlyFirst => [$"only in {names.First}", .. Alone(module, module.Ranks.First, module.Scales.First)],
        ModulePresence.OnlySecond => [$"only in {names.Second}", .. Alone(module, module.Ranks.Second, module.Scales.Second)],
        _ => (string[])[.. Errors(module, names), Ranks(module), Scales(module)],
    });

    private static IEnumerable<string> Alone(ModuleComparison module, int rank, double scale)
    {
        yield return module.Mismatch ?? string.Create(CultureInfo.InvariantCulture, $"norm {module.DifferenceNorm:G4}");
        if (module.WorstElement is { } worst)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"worst element {worst:G3}");
        }

        yield return string.Create(CultureInfo.InvariantCulture, $"rank {rank}, scale {scale:R}");
    }

    private static IEnumerable<string> Errors(ModuleComparison module, (string First, string Second) names)
    {
        if (module.Mismatch is not null)
        {
            yield return module.Mismatch;
            yield break;
        }

        yield return double.IsFinite(module.RelativeError)
            ? string.Create(CultureInfo.InvariantCulture, $"relative error {module.RelativeError:G3}")
            : string.Create(CultureInfo.InvariantCulture, $"without effect in {names.First}, norm {module.DifferenceNorm:G4} in {names.Second}");
        if (module.MagnitudeError > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"relative error of the DoRA magnitudes {module.MagnitudeError:G3}");
        }

        if (module.WorstElement is { } worst)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"worst element {worst:G3}");
        }

        yield return string.Create(CultureInfo.InvariantCulture, $"norm {module.Norm:G4}");
    }

    private static string Ranks(ModuleComparison module) =>
        module.Ranks.First == module.Ranks.Second ? $"rank {module.Ranks.First}" : $"ranks {module.Ranks.First} and {module.Ranks.Second}";

    private static string Scales(ModuleComparison module) => (float)module.Scales.First == (float)module.Scales.Second
        ? string.Create(CultureInfo.InvariantCulture, $"scale {module.Scales.First:R}")
        : string.Create(CultureInfo.InvariantCulture, $"scales {module.Scales.First:R} and {module.Scales.Second:R}");
}
