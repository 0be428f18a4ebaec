using Transfuse.Formats.Json;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Saving;

/// <summary>A saved MLX folder, read by the Oracle.</summary>
internal sealed class SavedFolder
{
    private SavedFolder(string folder)
    {
        Tensors = OracleSafetensors.Read(Path.Combine(folder, "adapters.safetensors"));
        Config = PythonJson.ParseObject(File.ReadAllBytes(Path.Combine(folder, "adapter_config.json")), "config");
    }

    public IReadOnlyDictionary<string, OracleTensor> Tensors { get; }

    public JsonObject Config { get; }

    public IEnumerable<string> Names => Tensors.Keys.Order(StringComparer.Ordinal);

    public string[] Keys => Texts(Parameters["keys"]);

    public string Kind => ((JsonString)Config["fine_tune_type"]!).Value;

    /// <summary>Rank, scale and dropout.</summary>
    public (double Rank, double Scale, double Dropout) Numbers => (Number(Parameters, "rank"), Number(Parameters, "scale"), Number(Parameters, "dropout"));

    public double Layers => Number(Config, "num_layers");

    private JsonObject Parameters => (JsonObject)Config["lora_parameters"]!;

    public static SavedFolder Read(string folder) => new(folder);

    public static string[] Texts(JsonValue? list) => [.. ((JsonArray)list!).Items.Select(item => ((JsonString)item).Value)];

    private static double Number(JsonObject from, string field) => ((JsonNumber)from[field]!).Value;
}
