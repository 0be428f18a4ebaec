using System.Text.Json.Nodes;

namespace Transfuse.Oracle;

/// <summary>A copy of an adapter folder in a temporary place, to be changed and then read; deleted when disposed.</summary>
public sealed class AdapterCopy : IDisposable
{
    private readonly string _weights;

    private AdapterCopy(string folder, string weights)
    {
        Folder = folder;
        _weights = weights;
        string config = Path.Combine(folder, "adapter_config.json");
        Config = File.Exists(config) ? JsonNode.Parse(File.ReadAllText(config))!.AsObject() : [];
        Tensors = OracleSafetensors.Read(Path.Combine(folder, weights)).ToDictionary(t => t.Key, t => t.Value, StringComparer.Ordinal);
    }

    public string Folder { get; }

    public JsonObject Config { get; }

    public Dictionary<string, OracleTensor> Tensors { get; }

    public static AdapterCopy Of(FixtureCase fixture)
    {
        string folder = Directory.CreateTempSubdirectory("adapter-").FullName;
        foreach (string file in Directory.EnumerateFiles(fixture.AdapterFolder))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        return new AdapterCopy(folder, fixture.IsPeft ? PeftFiles.Safetensors : MlxFiles.Safetensors);
    }

    /// <summary>Puts JSON text in place of a field; the path may have one dot. Null text removes the field.</summary>
    public void Set(string path, string? json)
    {
        string[] parts = path.Split('.');
        JsonObject parent = parts.Length == 1 ? Config : Config[parts[0]]!.AsObject();
        if (json is null)
        {
            parent.Remove(parts[^1]);
        }
        else
        {
            parent[parts[^1]] = JsonNode.Parse(json);
        }
    }

    public void Put(string name, DenseArray array) => Tensors[name] = OracleTensor.F32(name, array);

    /// <summary>Writes the changes and returns the folder.</summary>
    public string Save()
    {
        File.WriteAllText(Path.Combine(Folder, "adapter_config.json"), Config.ToJsonString());
        OracleSafetensors.Write(Path.Combine(Folder, _weights), Tensors.Values);
        return Folder;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
