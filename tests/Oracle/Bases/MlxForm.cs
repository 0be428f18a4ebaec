using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>A form of MLX's quantized matrices: mode, group size and bits.</summary>
public sealed record MlxForm(string Mode, int Group, int Bits)
{
    /// <summary>Every form that MLX 0.31.2 has.</summary>
    public static IReadOnlyList<MlxForm> All { get; } =
    [
        .. from bits in new[] { 2, 3, 4, 5, 6, 8 } from size in new[] { 32, 64, 128 } select new MlxForm("affine", size, bits),
        new("mxfp4", 32, 4), new("mxfp8", 32, 8), new("nvfp4", 16, 4),
    ];

    /// <summary>The form of a module by the block <c>quantization</c> of a config, or null where it says none.</summary>
    public static MlxForm? Of(JsonElement config, string module)
    {
        if (config.Get("quantization") is not { } block)
        {
            return null;
        }

        JsonElement own = block.TryGetProperty(module, out JsonElement entry) ? entry : block;
        return own.ValueKind == JsonValueKind.False
            ? null
            : new MlxForm(own.GetText("mode") ?? "affine", (int)own.GetNumber("group_size", 64), (int)own.GetNumber("bits", 4));
    }
}
