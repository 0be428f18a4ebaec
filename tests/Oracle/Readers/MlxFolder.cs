using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>The two files that every MLX reader opens.</summary>
internal static class MlxFolder
{
    private static readonly string[] ReadableDTypes = ["F32", "F16", "BF16", "I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64", "BOOL"];

    public static JsonElement ReadConfig(string folder)
    {
        string path = Path.Combine(folder, "adapter_config.json");
        if (!File.Exists(path))
        {
            throw new ReaderException($"FileNotFoundError: {Path.GetFileName(folder)}/adapter_config.json");
        }

        JsonElement config = OracleJson.Read(path);
        return config.ValueKind == JsonValueKind.Object ? config : throw new ReaderException("TypeError: adapter_config.json is no object");
    }

    public static IReadOnlyDictionary<string, OracleTensor> ReadWeights(string folder, string name = MlxFiles.Safetensors)
    {
        string path = Path.Combine(folder, name);
        if (!File.Exists(path))
        {
            throw new ReaderException($"RuntimeError: Failed to open {name}");
        }

        IReadOnlyDictionary<string, OracleTensor> tensors = OracleSafetensors.Read(path);
        OracleTensor? unreadable = tensors.Values.FirstOrDefault(t => !ReadableDTypes.Contains(t.DType));
        return unreadable is null ? tensors : throw new ReaderException($"RuntimeError: unsupported dtype {unreadable.DType} of {unreadable.Name}");
    }

    public static Dictionary<string, DenseArray> Arrays(IReadOnlyDictionary<string, OracleTensor> tensors) =>
        tensors.ToDictionary(t => t.Key, t => t.Value.ToArray(), StringComparer.Ordinal);
}
