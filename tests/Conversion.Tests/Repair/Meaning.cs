using System.Text.Json;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Repair;

/// <summary>What an adapter does, as the Oracle reads it: the change of each module, and the dropout of its training.</summary>
internal sealed record Meaning(IReadOnlyDictionary<string, OracleDelta> Deltas, double Dropout)
{
    /// <summary>What a fixture was made with: its tensors, and the scale and dropout of its case.json.</summary>
    public static Meaning Of(FixtureCase fixture)
    {
        if (fixture.IsPeft)
        {
            return OfPeft(fixture.AdapterFolder, fixture);
        }

        MlxReading reading = MlxOracle.Read(fixture.AdapterFolder, MlxBase.Fixture(fixture.Base).IsEmbedding, fixture.Json.GetNumber("scale", double.NaN));
        return new Meaning(reading.Deltas, fixture.Json.GetNumber("dropout", 0));
    }

    /// <summary>What a PEFT folder does by its own config.</summary>
    public static Meaning OfPeft(string folder, FixtureCase fixture) => new(
        PeftOracle.Read(folder, HfBase.Fixture(fixture.Base)).Deltas,
        OracleJson.Read(Path.Combine(folder, "adapter_config.json")).GetNumber("lora_dropout", 0));

    /// <summary>What a repaired MLX folder does once mlx-lm has loaded it; complaints are those of mlx-lm.</summary>
    public static (Meaning Meaning, ReaderReport Report) Loaded(string folder, MlxBase mlxBase)
    {
        ReaderReport report = MlxLmLoader.Load(folder, mlxBase);
        JsonElement parameters = OracleJson.Read(Path.Combine(folder, "adapter_config.json")).Get("lora_parameters") ?? default;
        return (new Meaning(report.Applied, parameters.GetNumber("dropout", double.NaN)), report);
    }

    /// <summary>The first difference, or null.</summary>
    public string? DifferenceTo(Meaning other)
    {
        string[] paths = [.. Deltas.Keys.Union(other.Deltas.Keys).Order(StringComparer.Ordinal)];
        foreach (string path in paths)
        {
            if (!Deltas.TryGetValue(path, out OracleDelta? mine) || !other.Deltas.TryGetValue(path, out OracleDelta? theirs))
            {
                return $"{path} is on one side only";
            }

            if (!mine.Delta.SameShape(theirs.Delta) || DeltaComparison.Of(theirs.Delta, mine.Delta).RelativeError != 0)
            {
                return $"{path}: the deltas differ";
            }

            if (mine.Magnitude is null != theirs.Magnitude is null
                || (mine.Magnitude is not null && DeltaComparison.Of(theirs.Magnitude!, mine.Magnitude).RelativeError != 0))
            {
                return $"{path}: the magnitudes differ";
            }
        }

        return Dropout == other.Dropout ? null : $"dropout is {other.Dropout}, not {Dropout}";
    }
}
