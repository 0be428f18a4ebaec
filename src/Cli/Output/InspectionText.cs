using System.Globalization;
using System.Text;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Pipeline;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.Text;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Cli.Output;

/// <summary>Prints what an adapter is: a few lines, and a grid of its modules with layers down and modules across.</summary>
internal static class InspectionText
{
    public static string Render(Inspection inspection, bool verbose)
    {
        Adapter adapter = inspection.Adapter!;
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{PrintableText.OneLine(inspection.Name)}");
        Line(
            text, "dialect",
            inspection.Dialect + (adapter.WriterVersion is null ? string.Empty : " " + adapter.WriterVersion));
        Line(text, "method", adapter.Method + (adapter.HasMagnitudes ? " (DoRA)" : string.Empty));
        Line(text, "base", adapter.Base?.Id ?? "not named");
        if (inspection.Architecture is { } architecture)
        {
            Line(text, "architecture", $"{architecture.ModelType}, class {Word(architecture.Class)}: {Meaning(architecture.Class)}");
        }

        Line(text, "modules", $"{adapter.Modules.Length}, {adapter.ParameterCount:N0} values");
        if (!adapter.Modules.IsEmpty)
        {
            Line(text, "rank", Values(adapter.Modules.Select(module => (double)module.Rank)));
            Line(text, "scale", Values(adapter.Modules.Select(module => module.Scale)));
        }

        if (!adapter.OtherTensors.IsEmpty)
        {
            Line(
                text, "other tensors",
                string.Join(", ", adapter.OtherTensors.CountBy(tensor => tensor.Kind).Select(kind => $"{kind.Value} {Words(kind.Key)}")));
        }

        if (verbose)
        {
            text.Append(ModuleList(adapter));
            return text.ToString().TrimEnd();
        }

        AdapterModule[] outside = [.. adapter.Modules.Where(module => !module.Path.IsInLayer)];
        if (outside.Length > 0)
        {
            Line(text, "outside layers", string.Join(", ", outside.Select(module => $"{module.FullPath} {ModuleGrid.Cell([module])}")));
        }

        text.Append(ModuleGrid.Render(adapter));
        return text.ToString().TrimEnd();
    }

    private static string Word(ArchitectureClass @class) => @class.ToString().ToLowerInvariant();

    private static string Meaning(ArchitectureClass @class) => @class switch
    {
        ArchitectureClass.Identity => "the same names in MLX",
        ArchitectureClass.Prefix => "another root in MLX",
        ArchitectureClass.Rename => "other names or scaled weights in MLX",
        ArchitectureClass.Stack => "experts are stacked in MLX",
        ArchitectureClass.Split => "fused weights are split in MLX",
        _ => "cannot be adapted in MLX",
    };

    // SavedEmbedding becomes "saved embedding".
    private static string Words(OtherTensorKind kind) =>
        string.Concat(
            kind.ToString().Select(
                (letter, index) => index > 0 && char.IsUpper(letter) ? $" {char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));

    private static void Line(StringBuilder text, string name, string value) =>
        text.AppendLine(CultureInfo.InvariantCulture, $"  {name,-16}{PrintableText.OneLine(value)}");

    private static string Text(double value) => double.IsNaN(value) ? "not told by the config" : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Values(IEnumerable<double> values)
    {
        (double Value, int Count)[] groups =
        [
            .. values.GroupBy(value => value).Select(group => (group.Key, group.Count()))
                .OrderByDescending(group => group.Item2).ThenBy(group => group.Key),
        ];
        return groups is [var only]
            ? Text(only.Value)
            : string.Join(", ", groups.Select(group => string.Create(CultureInfo.InvariantCulture, $"{Text(group.Value)} ({group.Count} modules)")));
    }

    private static string ModuleList(Adapter adapter)
    {
        var text = new StringBuilder();
        foreach (AdapterModule module in adapter.Modules)
        {
            text.AppendLine(CultureInfo.InvariantCulture,
                $"  {PrintableText.OneLine(module.FullPath)}: {module.Kind}, rank {module.Rank}, scale {module.Scale:R}, A {module.A.Shape}, B "
                + $"{module.B.Shape}, {module.A.DType.SafetensorsName()}");
        }

        return text.ToString();
    }
}
