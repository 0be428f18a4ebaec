using Transfuse.Formats.Json;

namespace Transfuse.Metadata.Peft;

/// <summary>
/// The value of <c>init_lora_weights</c>. Some initialisations change the base weights, and the adapter then belongs to what is left of them.
/// </summary>
/// <param name="Name">The string of the config, or <c>true</c> or <c>false</c>.</param>
/// <param name="ChangesBase">Whether PEFT changes the base weights when it creates the layer (PEFT 0.21, <c>LoraLayer.update_layer</c>).</param>
/// <param name="IsKnown">Whether PEFT 0.21 knows it.</param>
internal sealed record PeftInit(string Name, bool ChangesBase, bool IsKnown)
{
    /// <summary>PEFT's default: <c>true</c>.</summary>
    public static PeftInit Default { get; } = new("true", ChangesBase: false, IsKnown: true);

    /// <summary>Reads the value; <c>null</c> counts as <c>false</c>, as in Python.</summary>
    /// <returns><see langword="null"/> where the value is no boolean, string or null.</returns>
    public static PeftInit? Of(JsonValue value) => value switch
    {
        JsonBoolean boolean => new(boolean.Kind, ChangesBase: false, IsKnown: true),
        JsonNull => new("false", ChangesBase: false, IsKnown: true),
        JsonString text => OfName(text.Value),
        _ => null,
    };

    private static PeftInit OfName(string name)
    {
        // PEFT compares some of these in any case, some by their start, some exactly.
        bool changes = name.StartsWith("pissa", StringComparison.Ordinal)
            || name.StartsWith("corda", StringComparison.Ordinal)
            || string.Equals(name, "olora", StringComparison.OrdinalIgnoreCase)
            || name is "loftq" or "lora_ga";
        bool plain = name is "eva" or "orthogonal" or ""
            || string.Equals(name, "gaussian", StringComparison.OrdinalIgnoreCase)
            || string.Equals(name, "mica", StringComparison.OrdinalIgnoreCase);
        return new PeftInit(name, changes, changes || plain);
    }
}
