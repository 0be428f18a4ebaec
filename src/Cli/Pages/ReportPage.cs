using System.Collections.Immutable;
using System.Globalization;
using Transfuse.Conversion.Profiles;
using Transfuse.Conversion.Verification;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Cli.Pages;

/// <summary>A page that needs nothing beside itself: no scripts, no fonts, no pictures from elsewhere.</summary>
internal static class ReportPage
{
    /// <summary>The page.</summary>
    /// <param name="adapters">The adapters, in order.</param>
    /// <param name="comparison">Where two differ; <see langword="null"/> where there are not two, or they could not be compared.</param>
    public static string Render(IReadOnlyList<PageAdapter> adapters, AdapterComparison? comparison)
    {
        string title = adapters.Count == 1 ? $"Adapter {adapters[0].Name}" : $"{adapters.Count} adapters";
        Html html = new Html().Raw("<!doctype html>\n<!-- {\"schema\": \"transfuse.report/1\"} -->\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
            .Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n").Element("title", title)
            .Raw("<style>\n").Raw(Style()).Raw("</style></head>\n<body><main>\n").Element("h1", title);
        var largest = new Largest([.. adapters.SelectMany(adapter => adapter.Modules)]);
        html.Raw("<div class=\"adapters\">\n");
        foreach (PageAdapter adapter in adapters)
        {
            html.Raw("<section>\n");
            AddAdapter(html, adapter, largest, adapters.Count > 1);
            html.Raw("</section>\n");
        }

        html.Raw("</div>\n");

        if (comparison is not null)
        {
            html.Raw("<section>\n");
            AddComparison(html, adapters, comparison);
            html.Raw("</section>\n");
        }

        return html.Raw("</main></body></html>\n").ToString();
    }

    private static void AddAdapter(Html html, PageAdapter page, Largest largest, bool isOneOfSeveral)
    {
        html.Element("h2", isOneOfSeveral ? page.Name : "What it is");
        if (page.Adapter is { } adapter)
        {
            AddFacts(html, page, adapter);
        }
        else
        {
            html.Element("p class=\"error\"", "It could not be read; see what was found.");
        }

        AddFindings(html, page.Findings);
        foreach ((HeatMap map, Func<ModuleProfile, double?> value, double most) in Maps(largest))
        {
            map.AddTo(html, [.. page.Modules.Select(module => (module.Path, module.FullPath, value(module)))], most);
        }

        ModuleProfile[] strongest = [.. page.Modules.Where(module => !module.SingularValues.IsEmpty).OrderByDescending(module => module.Norm)];
        if (strongest.Length > 0)
        {
            html.Element("h3", "Singular values of the strongest modules")
                .Element("p class=\"soft\"",
                    "Of the whole change, largest first, over six powers of ten; of experts, the one that changes most. A cliff means that a lower rank would "
                    + "do.")
                .Raw("<div class=\"charts\">\n");
            foreach (ModuleProfile module in strongest)
            {
                SpectrumChart.AddTo(html, module);
            }

            html.Raw("</div>\n");
        }
    }

    private static IEnumerable<(HeatMap Map, Func<ModuleProfile, double?> Value, double Largest)> Maps(Largest largest) =>
    [
        (new HeatMap("relative", "Size of the change, relative to the base's weight", "The Frobenius norm of scale x B A over that of the weight."),
            module => module.RelativeNorm, largest.Relative),
        (new HeatMap("norm", "Size of the change", "The Frobenius norm of scale x B A, of all experts together. DoRA's magnitudes are not in it."),
            module => module.Norm, largest.Norm),
        (
            new HeatMap("effective-rank", "Effective rank",
                "How many directions share the change: the sum of the squared singular values, squared, over the sum of their fourth powers."),
            module => module.EffectiveRank,
            largest.EffectiveRank),
        (new HeatMap("scale", "Scale", "What B A is multiplied by."), module => module.Scale, largest.Scale),
    ];

    private static void AddFacts(Html html, PageAdapter page, Adapter adapter)
    {
        html.Raw("<dl>\n");
        Fact(html, "dialect", page.Dialect + (adapter.WriterVersion is null ? string.Empty : $" {adapter.WriterVersion}"));
        Fact(html, "method", adapter.Method + (adapter.HasMagnitudes ? " (DoRA)" : string.Empty));
        Fact(html, "base", adapter.Base?.Id ?? "not named");
        Fact(html, "modules", string.Create(CultureInfo.InvariantCulture, $"{adapter.Modules.Length}, {adapter.ParameterCount:N0} values"));
        Fact(html, "rank", string.Join(", ", adapter.Modules.Select(module => module.Rank).Distinct().Order()));
        Fact(html, "whole change", Html.Short(Math.Sqrt(page.Modules.Sum(module => module.Norm * module.Norm))));
        if (!adapter.OtherTensors.IsEmpty)
        {
            Fact(html, "other tensors", NameList.Of(adapter.OtherTensors.Select(tensor => tensor.SourceName), 3));
        }

        html.Raw("</dl>\n");
    }

    private static void Fact(Html html, string name, string value) => html.Element("dt", name).Element("dd", value);

    private static void AddFindings(Html html, ImmutableArray<Finding> findings)
    {
        html.Element("h3", "Findings");
        if (findings.IsEmpty)
        {
            html.Element("p", "Nothing odd was found.");
            return;
        }

        html.Raw("<table class=\"list\"><thead><tr><th scope=\"col\">code</th><th scope=\"col\">about</th><th scope=\"col\">found</th><th scope=\"col\">what "
            + "to do</th></tr></thead><tbody>\n");
        foreach (Finding finding in findings)
        {
            string severity = finding.Severity.ToString().ToLowerInvariant();
            html.Raw($"<tr><td class=\"{severity}\">{severity} {finding.Code.Id}</td><td>").Text(finding.Subject).Raw("</td><td>").Text(finding.Message)
                .Raw("</td><td>").Text(finding.Code.Remedy).Raw("</td></tr>\n");
        }

        html.Raw("</tbody></table>\n");
    }

    private static void AddComparison(Html html, IReadOnlyList<PageAdapter> adapters, AdapterComparison comparison)
    {
        html.Element("h2", "Where they differ").Element("p", $"{adapters[0].Name} against {adapters[1].Name}: {Verdict(comparison)}.");
        (ModulePath, string, double?)[] cells =
        [
            .. comparison.Modules.Where(module => module.Mismatch is null && !double.IsNaN(module.RelativeError))
                .Select(module => (ModulePath.Parse(module.Path), module.Path, (double?)module.RelativeError)),
        ];
        new HeatMap("difference", "Difference, relative to the first", "The Frobenius norm of the difference of both changes over that of the first.")
            .AddTo(html, cells, cells.Select(cell => cell.Item3!.Value).Where(double.IsFinite).DefaultIfEmpty(0).Max());
        foreach (ModuleComparison module in comparison.Modules.Where(module => module.Mismatch is not null))
        {
            html.Element("p", $"{module.Path} {module.Mismatch}");
        }
    }

    private static string Verdict(AdapterComparison comparison) =>
        comparison.Agrees(AdapterComparison.Rounding) ? "they change the model in the same way"
        : $"{comparison.Modules.Count(module => !module.Agrees(AdapterComparison.Rounding))} of {comparison.Modules.Length} modules differ";

    private static string Style()
    {
        using Stream stream = typeof(ReportPage).Assembly.GetManifestResourceStream("page.css")!;
        return new StreamReader(stream).ReadToEnd();
    }

    // All adapters of a page have one scale of colours.
    private sealed class Largest(ModuleProfile[] modules)
    {
        public double Norm { get; } = Of(modules, module => module.Norm);

        public double Relative { get; } = Of(modules, module => module.RelativeNorm);

        public double EffectiveRank { get; } = Of(modules, module => module.EffectiveRank);

        public double Scale { get; } = Of(modules, module => Math.Abs(module.Scale));

        private static double Of(ModuleProfile[] modules, Func<ModuleProfile, double?> value) =>
            modules.Select(value).OfType<double>().Where(double.IsFinite).DefaultIfEmpty(0).Max();
    }
}
