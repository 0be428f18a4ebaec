namespace Transfuse.Conversion.Models.Outlines;

/// <summary>The extents of a module's weight in MLX, as far as they are known: (rows, columns), or (experts, rows, columns).</summary>
/// <param name="Experts">Number of experts; <see langword="null"/> where unknown or where there are none.</param>
/// <param name="Rows">Outputs; of an embedding its tokens.</param>
/// <param name="Columns">Inputs; of an embedding its dimensions.</param>
internal readonly record struct ModuleExtent(long? Experts, long? Rows, long? Columns)
{
    /// <summary>Whether nothing that both know differs.</summary>
    public bool Agrees(ModuleExtent other) => Same(Experts, other.Experts) && Same(Rows, other.Rows) && Same(Columns, other.Columns);

    public override string ToString() => $"({(Experts is null ? string.Empty : Experts + ", ")}{Text(Rows)}, {Text(Columns)})";

    private static bool Same(long? one, long? other) => one is null || other is null || one == other;

    private static string Text(long? extent) => extent?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "?";
}
