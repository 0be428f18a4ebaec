using System.Text.Json;
using System.Text.Json.Nodes;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Fusing;

/// <summary>Models in several files.</summary>
internal static class Shards
{
    private const string Index = "model.safetensors.index.json";

    /// <summary>Splits a model of one file, tensor by tensor in turn.</summary>
    public static string Split(string model, string output, int count)
    {
        Directory.CreateDirectory(output);
        File.Copy(Path.Combine(model, "config.json"), Path.Combine(output, "config.json"));
        OracleTensor[] tensors = [.. Merge.Weights(model).Values.OrderBy(tensor => tensor.Name, StringComparer.Ordinal)];
        var map = new JsonObject();
        for (int shard = 0; shard < count; shard++)
        {
            string file = $"model-{shard + 1:D5}-of-{count:D5}.safetensors";
            OracleTensor[] own = [.. tensors.Where((_, index) => index % count == shard)];
            OracleSafetensors.Write(Path.Combine(output, file), own, peftMetadata: true);
            foreach (OracleTensor tensor in own)
            {
                map[tensor.Name] = file;
            }
        }

        var index = new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = tensors.Sum(tensor => tensor.Bytes.LongLength) }, ["weight_map"] = map };
        File.WriteAllText(Path.Combine(output, Index), index.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        return output;
    }

    public static Dictionary<string, string> Map(string folder) =>
        OracleJson.Read(Path.Combine(folder, Index))
            .GetProperty("weight_map")
            .EnumerateObject()
            .ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!, StringComparer.Ordinal);

    public static long TotalSize(string folder) => OracleJson.Read(Path.Combine(folder, Index)).GetProperty("metadata").GetProperty("total_size").GetInt64();

    /// <summary>Changes the text of a model's index.</summary>
    public static void Edit(string folder, Func<string, string> edit)
    {
        string path = Path.Combine(folder, Index);
        File.WriteAllText(path, edit(File.ReadAllText(path)));
    }
}
