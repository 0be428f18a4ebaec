using System.Globalization;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Cli.Pages;

/// <summary>
/// One number a module as tables: modules of a layer down, layers across. A table for each stack of layers, and one for what lies outside them.
/// </summary>
/// <param name="name">What the number is called in <c>data-map</c>, for programs.</param>
/// <param name="title">The heading.</param>
/// <param name="explanation">One sentence on what the number is.</param>
internal sealed class HeatMap(string name, string title, string explanation)
{
    // Of the largest model known to us there are 61 layers of 800 modules, each expert by itself. A table of names that a stranger made up would be the product
    // of both.
    private const long MostCells = 250_000;

    /// <summary>Adds the tables, unless no module has the number.</summary>
    /// <param name="html">The page.</param>
    /// <param name="cells">The modules, with the number where there is one.</param>
    /// <param name="largest">The number that has the full colour.</param>
    public void AddTo(Html html, IReadOnlyCollection<(ModulePath Path, string FullPath, double? Value)> cells, double largest)
    {
        if (cells.All(cell => cell.Value is null))
        {
            return;
        }

        html.Element("h3", title).Element("p class=\"soft\"", explanation);
        foreach (IGrouping<string?, (ModulePath Path, string FullPath, double? Value)> stack in cells.GroupBy(cell => cell.Path.LayersRoot))
        {
            AddTable(html, stack.Key, [.. stack], largest);
        }
    }

    private void AddTable(Html html, string? root, (ModulePath Path, string FullPath, double? Value)[] cells, double largest)
    {
        int[] layers = [.. cells.Select(cell => cell.Path.Layer).Distinct().Order()];
        int rows = cells.Select(Row).Distinct(StringComparer.Ordinal).Count();
        if ((long)layers.Length * rows > MostCells)
        {
            html.Element(
                "p", string.Create(CultureInfo.InvariantCulture,
                    $"{root ?? "Outside the layers"}: {rows:N0} kinds of modules in {layers.Length:N0} layers, too many for a table."));
            return;
        }

        string label = Html.Escape($"{title}, {root ?? "outside the layers"}");
        html.Raw($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\"><table class=\"map\" data-map=\"{name}\">\n<thead><tr><th "
            + "scope=\"col\">")
            .Text(root ?? "outside the layers").Raw("</th>");
        foreach (int layer in layers)
        {
            html.Raw($"<th scope=\"col\">{(root is null ? "value" : layer.ToString(CultureInfo.InvariantCulture))}</th>");
        }

        html.Raw("</tr></thead>\n<tbody>\n");
        foreach (IGrouping<string, (ModulePath Path, string FullPath, double? Value)> row in cells.GroupBy(Row).OrderBy(row => row.Key, StringComparer.Ordinal))
        {
            Dictionary<int, (ModulePath Path, string FullPath, double? Value)> byLayer =
                row.GroupBy(cell => cell.Path.Layer).ToDictionary(group => group.Key, group => group.First());
            html.Raw("<tr><th scope=\"row\">").Text(row.Key).Raw("</th>");
            foreach (int layer in layers)
            {
                AddCell(html, byLayer.TryGetValue(layer, out (ModulePath, string FullPath, double? Value) cell) ? cell : default, largest);
            }

            html.Raw("</tr>\n");
        }

        html.Raw("</tbody></table></div>\n");
    }

    private static string Row((ModulePath Path, string FullPath, double? Value) cell) =>
        cell.Path.Relative + cell.FullPath[cell.Path.Text.Length..];

    private static void AddCell(Html html, (ModulePath Path, string FullPath, double? Value) cell, double largest)
    {
        if (cell.Value is not { } value)
        {
            html.Raw("<td class=\"none\"></td>");
            return;
        }

        double share = double.IsFinite(value) && largest > 0 ? Math.Clamp(Math.Abs(value) / largest, 0, 1) : 1;
        string path = Html.Escape(cell.FullPath);
        html.Raw(
            $"<td style=\"--t:{share.ToString("0.###", CultureInfo.InvariantCulture)}\" data-path=\"{path}\" data-value=\"{Html.Exact(value)}\" "
            + $"title=\"{path}: {Html.Exact(value)}\">{Html.Short(value)}</td>");
    }
}
