using System.Text;

namespace Transfuse.Conversion.Tests.Repair;

/// <summary>Collects what came of each field and damage over several fixtures, as rows of a table.</summary>
internal sealed class DamageTable(string title)
{
    private readonly Dictionary<(string Field, Damage Damage), SortedSet<Outcome>> _cells = [];
    private readonly List<string> _fields = [];

    public int Cases { get; private set; }

    public List<string> Failures { get; } = [];

    public void Add(string field, Damage damage, Outcome outcome)
    {
        Cases++;
        if (!_fields.Contains(field))
        {
            _fields.Add(field);
        }

        if (!_cells.TryGetValue((field, damage), out SortedSet<Outcome>? cell))
        {
            _cells[(field, damage)] = cell = [];
        }

        cell.Add(outcome);
    }

    public string Render()
    {
        Damage[] damages = Enum.GetValues<Damage>();
        var text = new StringBuilder(
            $"## {title}\n\n| field | missing | null | wrong type | stale | negative | NaN | a string |\n| --- "
            + $"|{string.Concat(damages.Select(_ => " --- |"))}\n");
        foreach (string field in _fields)
        {
            text.Append($"| `{field}` |{string.Concat(damages.Select(damage => $" {Cell(field, damage)} |"))}\n");
        }

        return text.Append('\n').ToString();
    }

    private string Cell(string field, Damage damage) =>
        _cells.TryGetValue((field, damage), out SortedSet<Outcome>? cell)
            ? string.Join(" or ", cell.Select(outcome => outcome.ToString().ToLowerInvariant()))
            : "";
}
