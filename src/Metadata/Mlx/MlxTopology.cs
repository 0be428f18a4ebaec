using System.Collections;
using System.Collections.Frozen;
using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Metadata.Mlx;

/// <summary>
/// Which modules an adapter has by its own explicit list, <c>unsloth_mlx_lora_module_paths</c> (unsloth-zoo 2026.8). A list with entries is exhaustive;
/// an empty one suppresses nothing, and is never written: what is saved lists all its modules.
/// </summary>
/// <param name="Paths">The full module paths in the order of the field, each once.</param>
/// <example>
/// <code>
/// SaveOptions options = new() { Modules = MlxTopology.Of(new[] { "model.layers.0.self_attn.q_proj" }) };
/// </code>
/// </example>
public sealed record MlxTopology(ImmutableArray<string> Paths)
{
    private readonly FrozenSet<string> _paths = Paths.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The field's name.</summary>
    public const string Field = "unsloth_mlx_lora_module_paths";

    /// <summary>No list.</summary>
    public static MlxTopology None { get; } = new([]);

    /// <summary>
    /// Reads the field of a config: a path, a list, lists in lists, or objects whose values are paths. Empty paths and what is no path do not count.
    /// </summary>
    /// <param name="value">The field; <see langword="null"/> where the config has none.</param>
    public static MlxTopology Read(JsonValue? value) => value is null ? None : new MlxTopology([.. Flatten(value).Distinct(StringComparer.Ordinal)]);

    /// <summary>
    /// Takes a list as a program holds it: a path as text, as <see cref="ModulePath"/> or as a file's, a collection of such, in any depth, a dictionary
    /// whose values are such, or a field of a config. Empty paths and <see langword="null"/> do not count.
    /// </summary>
    /// <param name="value">The list.</param>
    /// <exception cref="ArgumentException">Something in it is no path.</exception>
    public static MlxTopology Of(object? value) => new([.. Flatten(value).Distinct(StringComparer.Ordinal)]);

    /// <summary>Whether a module counts: all do where no path is listed.</summary>
    public bool Counts(string path) => _paths.Count == 0 || _paths.Contains(path);

    private static IEnumerable<string> Flatten(object? value) => value switch
    {
        null => [],
        JsonValue field => Flatten(field),
        string text => text.Length == 0 ? [] : [text],
        ModulePath or FileSystemInfo => [value.ToString()!],
        IDictionary named => named.Values.Cast<object?>().SelectMany(Flatten),
        IEnumerable list => list.Cast<object?>().SelectMany(Flatten),
        _ => throw new ArgumentException($"A {value.GetType().Name} is no path of a module.", nameof(value)),
    };

    private static IEnumerable<string> Flatten(JsonValue value) => value switch
    {
        JsonString { Value.Length: > 0 } path => [path.Value],
        JsonArray list => list.Items.SelectMany(Flatten),
        JsonObject named => named.Members.SelectMany(member => Flatten(member.Value)),
        _ => [],
    };
}
