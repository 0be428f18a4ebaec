using Transfuse.Conversion;
using Transfuse.Formats.Files;

namespace Transfuse.Apply.Fusing;

/// <summary>What the caller decides about a fusion.</summary>
/// <example>
/// <code>
/// var options = new FusionOptions { Strength = 0.8, KeepPrecision = 0.2 };
/// FusionResult result = await ModelFusion.FuseAsync(baseModel, [source], "models/merged", options);
/// </code>
/// </example>
public sealed record FusionOptions
{
    private readonly double _strength = 1;
    private readonly double? _keepPrecision;

    /// <summary>All defaults.</summary>
    public static FusionOptions Default { get; } = new();

    /// <summary>
    /// How the adapters are read: model type, the sub-folder of an adapter with a name, codes that are allowed, the orientation of square experts, the number
    /// of workers. Its target dtype, target generation, verification and scale do not matter here.
    /// </summary>
    public ConversionOptions Reading { get; init; } = ConversionOptions.Default;

    /// <summary>By what each adapter's change of a weight is multiplied. Default: 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not finite.</exception>
    public double Strength
    {
        get => _strength;
        init => _strength = double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "The strength is a finite number.");
    }

    /// <summary>
    /// Whether a quantized base becomes a model of 16-bit floats (or of the wider floats that its scales have). Default: no; it is quantized again as it was.
    /// </summary>
    public bool Dequantize { get; init; }

    /// <summary>
    /// The share of its change, from 0 to 1, that a module of a quantized base may lose to quantization; one that would lose more is left unquantized.
    /// Default: none; all are quantized.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not from 0 to 1.</exception>
    public double? KeepPrecision
    {
        get => _keepPrecision;
        init => _keepPrecision = value is null or (>= 0 and <= 1) ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "The share lies between 0 and 1.");
    }

    /// <summary>Whether to stop before anything is computed or written. Default: no.</summary>
    public bool DryRun { get; init; }

    /// <summary>How the folder is put into place. Default: an existing one is not replaced.</summary>
    public AtomicFolderOptions Folder { get; init; } = new();

    /// <summary>Told how many bytes are done, from several threads. Default: nobody.</summary>
    public IProgress<FusionProgress>? Progress { get; init; }
}
