using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>What one reader makes of one adapter folder.</summary>
public sealed class ReaderReport
{
    private readonly List<string> _errors = [];
    private readonly List<string> _silent = [];
    private readonly List<string> _neutral = [];
    private readonly Dictionary<string, OracleDelta> _applied = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DenseArray> _replaced = new(StringComparer.Ordinal);

    /// <summary>What the reader raises. With an error nothing is applied.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>What the reader gets wrong, or leaves out, without raising.</summary>
    public IReadOnlyList<string> Silent => _silent;

    /// <summary>Everything that keeps the adapter from loading as intended.</summary>
    public IReadOnlyList<string> Complaints => [.. _errors, .. _silent];

    /// <summary>Modules that are wrapped although the file has nothing for them; they do not change the model.</summary>
    public IReadOnlyList<string> Neutral => _neutral;

    /// <summary>The deltas in effect after loading: by module path for MLX readers, by parameter path for PEFT and the servers.</summary>
    public IReadOnlyDictionary<string, OracleDelta> Applied => _errors.Count == 0 ? _applied : new Dictionary<string, OracleDelta>();

    /// <summary>Base weights that the file overwrites, by parameter name.</summary>
    public IReadOnlyDictionary<string, DenseArray> Replaced => _errors.Count == 0 ? _replaced : new Dictionary<string, DenseArray>();

    /// <summary>True where the reader raises nothing.</summary>
    public bool Loads => _errors.Count == 0;

    /// <summary>True where it loads and does what the adapter means.</summary>
    public bool LoadsAsIntended => _errors.Count + _silent.Count == 0;

    public override string ToString() => Complaints.Count == 0 ? "loads" : string.Join("; ", Complaints);

    /// <summary>Runs a reader; what it raises, and files that nothing could read, become errors.</summary>
    internal static ReaderReport Of(Action<ReaderReport> load)
    {
        ReaderReport report = new();
        try
        {
            load(report);
        }
        catch (ReaderException problem)
        {
            report.Error(problem.Message);
        }
        catch (Exception problem) when (problem is JsonException or InvalidDataException or FileNotFoundException)
        {
            report.Error($"unreadable: {problem.Message}");
        }

        return report;
    }

    internal void Error(string message) => _errors.Add(message);

    internal void Quietly(string message) => _silent.Add(message);

    internal void LeaveNeutral(string path) => _neutral.Add(path);

    internal void Apply(OracleDelta delta) => _applied[delta.Path] = delta;

    internal void Replace(string name, DenseArray weight) => _replaced[name] = weight;
}
