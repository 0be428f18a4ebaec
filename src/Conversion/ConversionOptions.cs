using System.Collections.Immutable;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Verification;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Inference;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion;

/// <summary>
/// What the caller decides about a conversion, a repair or a comparison. The defaults never change values. Each value is looked at when it is set: what no run
/// could follow is an <see cref="ArgumentException"/> that names the option.
/// </summary>
/// <example>
/// <code>
/// var options = new ConversionOptions { Base = BaseModel.FromFolder("models/llama"), DType = DType.BF16, Verify = true };
/// ConversionResult result = await AdapterPipeline.From(source).To(TargetProfile.MlxLm).WithOptions(options).WriteTo(sink).RunAsync();
/// </code>
/// </example>
public sealed record ConversionOptions
{
    /// <summary>All defaults.</summary>
    public static ConversionOptions Default { get; } = new();

    /// <summary>The base model; its config alone is enough for names and checks. Default: none.</summary>
    public BaseModel? Base { get; init; }

    /// <summary>
    /// The base's <c>model_type</c>; <c>identity</c> keeps all names. Default: from the base, else from the adapter where that is unambiguous.
    /// </summary>
    public string? ModelType { get; init; }

    /// <summary>The sub-folder to read where a folder holds several adapters. Default: the only one.</summary>
    public string? AdapterName { get; init; }

    /// <summary>The dtype of all factors. Default: each keeps its own.</summary>
    public DType? DType
    {
        get;
        init => field = Require(value, value is null || IsFactorFloat(value.Value), nameof(DType), "factors are float16, bfloat16, float32 or float64");
    }

    /// <summary>Ids of finding codes whose loss is accepted. Default: none.</summary>
    public ImmutableHashSet<string> Allowed
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value, nameof(Allowed));
            string? unknown = value.Order(StringComparer.Ordinal).FirstOrDefault(id => FindingCodes.Find(id) is not { CanBeAllowed: true });
            field = unknown is null ? value : throw new ArgumentException($"'{unknown}' is no finding code whose loss can be accepted.", nameof(Allowed));
        }
    } = [];

    /// <summary>Whether to read the output back before it is put in place, and to compare its deltas with the source's. Default: no.</summary>
    public bool Verify { get; init; }

    /// <summary>Whether to stop before anything is written. Default: no.</summary>
    public bool DryRun { get; init; }

    /// <summary>The transformers generation whose names PEFT output uses: 5 packs experts into parameters, 4 has a module for each. Default: 5.</summary>
    public int TransformersGeneration { get; init => field = Require(value, value is 4 or 5, nameof(TransformersGeneration), "there are 4 and 5"); } = 5;

    /// <summary>The orientation of packed experts that are square. Default: from evidence, else refused.</summary>
    public ExpertOrientation? ExpertOrientation
    {
        get;
        init => field = Require(value, value is null || Enum.IsDefined(value.Value), nameof(ExpertOrientation), "there is no such side");
    }

    /// <summary>The final multiplier of an MLX adapter, where its config does not tell. Default: from the config.</summary>
    public double? Scale { get; init => field = Require(value, value is null || IsScale(value.Value), nameof(Scale), "runtimes multiply by float32"); }

    /// <summary>The dropout of an MLX adapter, where its config does not tell. Default: from the config.</summary>
    public double? Dropout
    {
        get;
        init => field = Require(value, value is null || DropoutInference.IsProbability(value.Value), nameof(Dropout), "it is from 0 up to, and without, 1");
    }

    /// <summary>The program that wrote an MLX adapter, where its config means one thing or another by version. Default: unknown.</summary>
    public MlxProducer? Producer { get; init; }

    /// <summary>
    /// The highest rank that a module of a method other than LoRA may get when it becomes LoRA; at least 1. Above it the conversion is refused, unless
    /// <see cref="SvdRank"/> is given. Default: half of the smaller side of the module's weight, at least 1.
    /// </summary>
    public int? MaxRank { get; init => field = Require(value, value is null or >= 1, nameof(MaxRank), "it is at least 1"); }

    /// <summary>
    /// The rank to which modules of a method other than LoRA are truncated when they become LoRA; at least 1. Truncated are the modules whose rank is
    /// above <see cref="MaxRank"/> where that is given, else those whose rank is above this. Default: none; all conversions are exact to float32 rounding.
    /// </summary>
    public int? SvdRank { get; init => field = Require(value, value is null or >= 1, nameof(SvdRank), "it is at least 1"); }

    /// <summary>
    /// How many times as large zeros may make the factors of an adapter, where its ranks are padded to the largest or experts that it leaves out are filled in;
    /// at least 1.
    /// Factors of up to 64 MiB are never refused for it. Default: 16.
    /// </summary>
    public int MaxGrowth { get; init => field = Require(value, value >= 1, nameof(MaxGrowth), "it is at least 1"); } = 16;

    /// <summary>
    /// How source and output, or two adapters, are compared; its parallelism is that of the whole. Default: <see cref="ComparisonOptions.Default"/>.
    /// </summary>
    public ComparisonOptions Comparison
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value, nameof(Comparison));
            field = value;
        }
    } = ComparisonOptions.Default;

    /// <summary>Most tensors in work at one time. Default: one for each processor.</summary>
    public int MaxDegreeOfParallelism
    {
        get;
        init => field = Require(value, value >= 1, nameof(MaxDegreeOfParallelism), "it is at least 1");
    } = Environment.ProcessorCount;

    /// <summary>Whether a number can be a <see cref="Scale"/>: 0, or what is neither 0 nor infinite as float32.</summary>
    public static bool IsScale(double value) => float.IsFinite((float)value) && (value == 0 || (float)value != 0);

    private static bool IsFactorFloat(DType dtype) =>
        dtype is Formats.Tensors.DType.F16 or Formats.Tensors.DType.BF16 or Formats.Tensors.DType.F32 or Formats.Tensors.DType.F64;

    private static T Require<T>(T value, bool isPossible, string name, string why) =>
        isPossible ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} cannot be this: {why}.");
}
