using System.Collections.Frozen;
using System.Collections.Immutable;
using Transfuse.Formats.Json;

namespace Transfuse.Apply.Models.Table;

/// <summary>The model types of mlx-lm (0.32.0), each as a composition in one vocabulary; data in the assembly.</summary>
internal static class ModelTable
{
    private static readonly Lazy<FrozenDictionary<string, ModelEntry>> Loaded = new(Load);

    /// <summary>All types, aliases included, sorted.</summary>
    public static ImmutableArray<string> Types => [.. Loaded.Value.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The entry of a type; an alias gives the entry it stands for. <see langword="null"/> where there is none.</summary>
    public static ModelEntry? Find(string modelType) => Loaded.Value.GetValueOrDefault(modelType);

    private static FrozenDictionary<string, ModelEntry> Load()
    {
        using Stream stream = typeof(ModelTable).Assembly.GetManifestResourceStream("models.json")!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        JsonObject root = PythonJson.ParseObject(bytes, "models.json");
        return root.Members.ToFrozenDictionary(member => member.Key, member => Read(root, member.Key), StringComparer.Ordinal);
    }

    private static ModelEntry Read(JsonObject root, string modelType)
    {
        var fields = (JsonObject)root[modelType]!;
        return fields["alias_of"] is JsonString other ? Read(root, other.Value) : new ModelEntry(modelType, fields);
    }
}
