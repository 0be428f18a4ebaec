using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>How Python code of the MLX readers takes fields from a parsed config, with the errors that it raises.</summary>
internal static class PythonConfig
{
    /// <summary>An int as range and slice need it; JSON 12.0 is a float.</summary>
    public static long Integer(JsonElement value, string what) => value.ValueKind switch
    {
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        _ when OracleJson.IsPythonInt(value) => value.GetInt64(),
        _ => throw new ReaderException($"TypeError: {what} is {value.GetRawText()}, not an int"),
    };

    /// <summary>An extent of an array: MLX's binding gives a string to Python's int(), but refuses a float.</summary>
    public static long Extent(JsonElement value, string what) =>
        value.ValueKind == JsonValueKind.String && long.TryParse(value.GetString(), out long extent) ? extent : Integer(value, what);

    /// <summary>config["name"] of a dict.</summary>
    public static JsonElement Item(JsonElement dict, string name) =>
        dict.TryGetProperty(name, out JsonElement value) ? value : throw new ReaderException($"KeyError: {name}");

    public static double Number(JsonElement value, string what) => value.ValueKind == JsonValueKind.Number
        ? value.GetDouble()
        : throw new ReaderException($"TypeError: {what} is {value.GetRawText()}, not a number");

    /// <summary>MLX's nn.Dropout takes 0 up to and without 1.</summary>
    public static void CheckDropout(JsonElement value)
    {
        double dropout = Number(value, "dropout");
        if (!(dropout >= 0 && dropout < 1))
        {
            throw new ReaderException($"ValueError: dropout {dropout} is not in [0, 1)");
        }
    }

    /// <summary>rank, scale and dropout by item access, as mlx-lm's to_lora reads them.</summary>
    public static (long Rank, double Scale) LoraParameters(JsonElement parameters)
    {
        JsonElement rank = Item(parameters, "rank");
        JsonElement scale = Item(parameters, "scale");
        CheckDropout(Item(parameters, "dropout"));
        return (Extent(rank, "rank"), Number(scale, "scale"));
    }
}
