using System.Collections.Frozen;
using Transfuse.Conversion.Models.Outlines;

namespace Transfuse.Conversion.Readers.MlxVlm;

/// <summary>
/// Which modules mlx-vlm's <c>apply_lora_layers</c> wraps where there are keys (0.6.15): linear layers whose full path is a key, in whatever layer.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="keys">The keys.</param>
internal sealed class FullPathReach(ModelOutline model, IEnumerable<string> keys) : ModuleReach
{
    private readonly FrozenSet<string> _keys = keys.ToFrozenSet(StringComparer.Ordinal);

    public override bool Wraps(string path) => _keys.Contains(path) && model.Find(path).IsLinear;

    public override bool WouldWrapInAllLayers(string path) => Wraps(path);
}
