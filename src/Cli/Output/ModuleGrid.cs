using System.Globalization;
using System.Text;
using Transfuse.Formats.Text;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Cli.Output;

/// <summary>
/// A grid: layers down, modules across, below a header of two lines, the second with the last segment of each module. Neighbouring layers with the same
/// modules share a row. A cell is the rank, with d for DoRA and, of experts, their number.
/// </summary>
internal static class ModuleGrid
{
    private const string Indent = "  ";
    private const string Gap = "  ";
    private const int Width = 116;

    // Of the largest model known to us there are 61 layers of 20 modules. A grid of names that a stranger made up would be the product of both.
    private const long MostCells = 100_000;

    /// <summary>The grid as text, lines with no blanks at their ends; empty where no module lies in a layer.</summary>
    public static string Render(Adapter adapter)
    {
        AdapterModule[] inLayers = [.. adapter.Modules.Where(module => module.Path.IsInLayer)];
        GridColumn[] columns =
        [
            .. inLayers.Select(Column).Distinct(StringComparer.Ordinal).Select(GridColumn.Of)
                .OrderBy(column => column.Group, StringComparer.Ordinal).ThenBy(column => column.Leaf, StringComparer.Ordinal),
        ];
        int layers = inLayers.Select(module => module.Path.Layer).Distinct().Count();
        if ((long)layers * columns.Length > MostCells)
        {
            return string.Create(
                CultureInfo.InvariantCulture, $"{Indent}{columns.Length:N0} kinds of modules in {layers:N0} layers; --verbose lists the modules\n");
        }

        (string Label, string[] Cells)[] rows = [.. Rows(inLayers, columns)];
        var text = new StringBuilder();
        int labels = rows.Select(row => row.Label.Length).Append("layers".Length).Max();
        for (int first = 0; first < columns.Length;)
        {
            int count = CountThatFit(columns, rows, first, labels);
            Append(text, columns.AsSpan(first, count), rows, first, labels);
            first += count;
        }

        return text.ToString();
    }

    private static int CountThatFit(GridColumn[] columns, (string Label, string[] Cells)[] rows, int first, int labels)
    {
        int width = Indent.Length + labels;
        int count = 0;
        while (first + count < columns.Length && (count == 0 || width + Gap.Length + WidthOf(columns, rows, first + count) <= Width))
        {
            width += Gap.Length + WidthOf(columns, rows, first + count);
            count++;
        }

        return count;
    }

    private static int WidthOf(GridColumn[] columns, (string Label, string[] Cells)[] rows, int index) =>
        rows.Select(row => row.Cells[index].Length).Append(columns[index].Leaf.Length).Max();

    private static void Append(StringBuilder text, ReadOnlySpan<GridColumn> columns, (string Label, string[] Cells)[] rows, int first, int labels)
    {
        int[] widths = new int[columns.Length];
        for (int i = 0; i < columns.Length; i++)
        {
            // A group's name needs the place of all its columns.
            widths[i] = rows.Select(row => row.Cells[first + i].Length).Append(columns[i].Leaf.Length).Max();
            bool isLast = i + 1 == columns.Length || columns[i + 1].Group != columns[i].Group;
            int start = i;
            while (start > 0 && columns[start - 1].Group == columns[i].Group)
            {
                start--;
            }

            widths[i] = isLast
                ? Math.Max(widths[i], columns[i].Group.Length - widths.AsSpan(start, i - start).ToArray().Sum() - ((i - start) * Gap.Length))
                : widths[i];
        }

        string[] groups = new string[columns.Length];
        string[] leaves = new string[columns.Length];
        for (int i = 0; i < columns.Length; i++)
        {
            groups[i] = i > 0 && columns[i - 1].Group == columns[i].Group ? string.Empty : columns[i].Group;
            leaves[i] = columns[i].Leaf;
        }

        Line(text, string.Empty, labels, groups, widths, overflows: true);
        Line(text, "layers", labels, leaves, widths, overflows: false);
        foreach ((string label, string[] cells) in rows)
        {
            Line(text, label, labels, cells.AsSpan(first, columns.Length), widths, overflows: false);
        }
    }

    private static void Line(StringBuilder text, string label, int labels, ReadOnlySpan<string> cells, int[] widths, bool overflows)
    {
        var line = new StringBuilder(Indent).Append(label.PadRight(labels));
        int end = line.Length;
        for (int i = 0; i < cells.Length; i++)
        {
            // A group's name runs over the columns of its group, whose cells in this line are empty.
            if (!overflows || cells[i].Length > 0)
            {
                line.Append(' ', Math.Max(0, end - line.Length)).Append(Gap).Append(cells[i]);
            }

            end += Gap.Length + widths[i];
            line.Append(' ', overflows ? 0 : Math.Max(0, end - line.Length));
        }

        text.Append(line.ToString().TrimEnd()).Append('\n');
    }

    private static IEnumerable<(string Label, string[] Cells)> Rows(AdapterModule[] modules, GridColumn[] columns)
    {
        (int Layer, string[] Cells)[] layers =
        [
            .. modules.GroupBy(module => module.Path.Layer).OrderBy(layer => layer.Key).Select(layer =>
            {
                ILookup<string, AdapterModule> byColumn = layer.ToLookup(Column, StringComparer.Ordinal);
                return (layer.Key, columns.Select(column => Cell([.. byColumn[column.Path]])).ToArray());
            }),
        ];
        for (int first = 0; first < layers.Length;)
        {
            int last = first;
            while (last + 1 < layers.Length
                && layers[last + 1].Layer == layers[last].Layer + 1
                && layers[last + 1].Cells.AsSpan().SequenceEqual(layers[first].Cells))
            {
                last++;
            }

            yield return (first == last ? $"{layers[first].Layer}" : $"{layers[first].Layer}-{layers[last].Layer}", layers[first].Cells);
            first = last + 1;
        }
    }

    // Experts of one layer stand in one column.
    private static string Column(AdapterModule module)
    {
        string relative = module.Parameter is null ? module.Path.Relative : $"{module.Path.Relative}.{module.Parameter}";
        return PrintableText.OneLine(string.Join('.', relative.Split('.').Select(segment => segment.All(char.IsAsciiDigit) ? "*" : segment)));
    }

    /// <summary>The rank, or the smallest and the largest where experts differ; d for DoRA; and how many experts there are.</summary>
    internal static string Cell(ReadOnlySpan<AdapterModule> modules)
    {
        if (modules.IsEmpty)
        {
            return "-";
        }

        int[] ranks = [.. modules.ToArray().Select(module => module.Rank).Distinct().Order()];
        string rank = ranks.Length == 1 ? Text(ranks[0]) : $"{Text(ranks[0])}-{Text(ranks[^1])}";
        long experts = modules[0].Kind switch
        {
            ModuleKind.Experts => modules[0].A.Shape[0],
            ModuleKind.PackedParameter => modules[0].A.Shape[0] / Math.Max(modules[0].Rank, 1),
            _ => modules.Length,
        };
        bool stacked = experts > 1 || modules[0].Kind is ModuleKind.Experts or ModuleKind.PackedParameter;
        return rank + (modules[0].Magnitude is null ? string.Empty : "d") + (stacked ? $" x{Text(experts)}" : string.Empty);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
