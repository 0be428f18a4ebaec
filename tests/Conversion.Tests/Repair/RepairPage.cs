namespace Transfuse.Conversion.Tests.Repair;

/// <summary>docs/repair.md: its text is written by hand, and the tables below it are the outcomes of the damage tests.</summary>
internal static class RepairPage
{
    private const string FirstTable = "## mlx-lm and mlx-swift-lm\n";

    /// <summary>The page with other tables.</summary>
    public static string Render(string page, params DamageTable[] tables) =>
        page[..page.IndexOf(FirstTable, StringComparison.Ordinal)] + string.Concat(tables.Select(table => table.Render()));
}
