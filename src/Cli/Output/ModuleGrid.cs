using System.Globalization;
using System.Text;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Cli.Output;

/// <summary>A compact grid: layers down, modules across; neighbouring layers with the same modules share a row. A cell is the rank, with d for DoRA.</summary>
internal static class ModuleGrid
{
    public static string Render(Adapter adapter)
    {
        AdapterModule[] inLayers = [.. adapter.Modules.Where(module => module.Path.IsInLayer)];
        string[] columns = [.. inLayers.Select(Column).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var text = new StringBuilder();
        foreach (AdapterModule module in adapter.Modules.Where(module => !module.Path.IsInLayer))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {module.FullPath}: {Cell(module)}");
        }

        foreach ((string label, string[] cells) in Rows(inLayers, columns))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  layer {label,-8}{string.Join("  ", columns.Zip(cells, (column, cell) => $"{column}:{cell}"))}");
        }

        return text.ToString();
    }

    private static IEnumerable<(string Label, string[] Cells)> Rows(AdapterModule[] modules, string[] columns)
    {
        (int Layer, string[] Cells)[] layers =
        [
            .. modules.GroupBy(module => module.Path.Layer).OrderBy(layer => layer.Key)
                .Select(layer => (layer.Key, columns.Select(column => layer.FirstOrDefault(module => Column(module) == column) is { } module ? Cell(module) : "-").ToArray())),
        ];
        for (int first = 0; first < layers.Length;)
        {
            int last = first;
            while (last + 1 < layers.Length && layers[last + 1].Layer == layers[last].Layer + 1 && layers[last + 1].Cells.AsSpan().SequenceEqual(layers[first].Cells))
            {
                last++;
            }

            string label = first == last ? $"{layers[first].Layer}" : $"{layers[first].Layer}-{layers[last].Layer}";
            yield return (label, layers[first].Cells);
            first = last + 1;
        }
    }

    // Experts of one layer stand in one column.
    private static string Column(AdapterModule module)
    {
        string relative = module.Parameter is null ? module.Path.Relative : $"{module.Path.Relative}.{module.Parameter}";
        return string.Join('.', relative.Split('.').Select(segment => segment.All(char.IsAsciiDigit) ? "*" : segment));
    }

    private static string Cell(AdapterModule module) =>
        module.Rank.ToString(CultureInfo.InvariantCulture) + (module.Magnitude is null ? string.Empty : "d");
}
