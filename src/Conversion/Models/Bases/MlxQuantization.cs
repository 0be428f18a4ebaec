using Transfuse.Formats.Json;

namespace Transfuse.Conversion.Models.Bases;

/// <summary>The block <c>quantization</c> that mlx-lm writes into config.json (0.32.0): one setting for all, and others per module path.</summary>
/// <param name="GroupSize">Number of elements that share a scale.</param>
/// <param name="Bits">Bits per element.</param>
/// <param name="Mode"><c>affine</c> where the block has no mode.</param>
/// <seealso cref="Transfuse.Conversion.Models.Bases.BaseModel" />
public sealed record MlxQuantization(long GroupSize, long Bits, string Mode)
{
    private readonly JsonObject _block = JsonObject.Empty;

    /// <summary>The setting of a module, or <see langword="null"/> where the block says that it is not quantized.</summary>
    /// <param name="path">Its path in MLX.</param>
    public MlxQuantization? For(string path) => _block[path] switch
    {
        JsonBoolean { Value: false } => null,
        JsonObject own => WithDefaults(own),
        _ => this,
    };

    /// <summary>Reads the block; <see langword="null"/> where it has no group size or bits.</summary>
    internal static MlxQuantization? Read(JsonObject block) =>
        Integer(block, "group_size") is long size && Integer(block, "bits") is long bits
            ? new MlxQuantization(size, bits, (block["mode"] as JsonString)?.Value ?? "affine", block)
            : null;

    private MlxQuantization(long groupSize, long bits, string mode, JsonObject block)
        : this(groupSize, bits, mode) => _block = block;

    // A module's own entry may leave fields out; mx.quantize then takes those of the mode (MLX 0.31.2, ops.cpp).
    private static MlxQuantization WithDefaults(JsonObject own)
    {
        string mode = (own["mode"] as JsonString)?.Value ?? "affine";
        (long size, long bits) = mode switch
        {
            "mxfp4" => (32, 4),
            "mxfp8" => (32, 8),
            "nvfp4" => (16, 4),
            _ => (64L, 4L),
        };
        return new MlxQuantization(Integer(own, "group_size") ?? size, Integer(own, "bits") ?? bits, mode);
    }

    private static long? Integer(JsonObject block, string name) =>
        block[name] is JsonNumber number && number.TryGetInteger(out long value) ? value : null;
}
