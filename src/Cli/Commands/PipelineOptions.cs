using System.CommandLine;
using Transfuse.Apply.RoundTrip;
using Transfuse.Conversion;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Cli.Commands;

/// <summary>The options that decide how an adapter is read and changed.</summary>
internal sealed class PipelineOptions
{
    private readonly Option<string> _base = CommonOptions.Base();
    private readonly Option<string> _modelType = CommonOptions.ModelType();
    private readonly Option<string> _adapterName = CommonOptions.AdapterName();
    private readonly Option<string> _dtype = CommonOptions.DTypeName();
    private readonly Option<string[]> _allow = CommonOptions.Allow();
    private readonly Option<bool> _dryRun = CommonOptions.DryRun();
    private readonly Option<bool> _verify =
        new("--verify") { Description = "Read the output back before it is put in place, and compare its deltas with the source's." };
    private readonly Option<bool> _verifyLogits =
        new("--verify=logits") { Description = "The same, and run the base with the source and with the output: other logits refuse the conversion. Needs "
        + "--base with weights." };
    private readonly BackendOptions _backend = new();
    private readonly Option<int?> _transformers = new("--transformers")
    {
        Description = "The transformers generation whose names are written for PEFT: 4 or 5. Default: 5.",
        HelpName = "4|5",
        Validators =
        {
            result =>
            {
                if (CommonOptions.IntegerOf(result) is not (null or 4 or 5))
                {
                    result.AddError("--transformers must be 4 or 5.");
                }
            },
        },
    };

    private readonly Option<string> _expertLayout = new Option<string>("--expert-layout")
    {
        Description =
            "How experts are written for PEFT: parameters (the same as --transformers 5) or modules (the same as --transformers 4). Default: parameters.",
        HelpName = "LAYOUT",
    }.AcceptOnlyFromAmong("parameters", "modules");

    private readonly Option<ExpertOrientation?> _expertOrientation = CommonOptions.ExpertSide();
    private readonly Option<int?> _maxRank = CommonOptions.Rank(
        "--max-rank", "The highest rank that modules of methods other than LoRA may get. Default: what is exact.");

    private readonly Option<int?> _svdRank = CommonOptions.Rank(
        "--svd-rank",
        "Truncate modules of methods other than LoRA whose rank is above this, or above --max-rank if given, to this rank. Default: refuse them.");
    private readonly Option<int?> _maxGrowth = CommonOptions.MaxGrowth();
    private readonly Option<double?> _scale = CommonOptions.Scale();
    private readonly Option<double?> _dropout = CommonOptions.Dropout();
    private readonly Option<MlxProducer> _producer = CommonOptions.Producer();

    /// <summary>Adds the options that decide how adapters are read.</summary>
    public void AddReadingTo(Command command) =>
        Add(command, _base, _modelType, _adapterName, _allow, _scale, _dropout, _producer, _expertOrientation, _maxGrowth);

    public void AddRepairTo(Command command) => Add(command, _base, _modelType, _adapterName, _allow, _scale, _dropout, _producer, _maxGrowth, _dryRun);

    public void AddTo(Command command)
    {
        AddReadingTo(command);
        Add(command, _dtype, _transformers, _expertLayout, _maxRank, _svdRank, _verify, _verifyLogits, _dryRun);
        _backend.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_verifyLogits) && result.GetValue(_base) is null)
            {
                result.AddError("--verify=logits needs --base.");
            }

            if (result.GetResult(_transformers) is { } stated && CommonOptions.IntegerOf(stated) is { } generation
                && GenerationOf(result.GetValue(_expertLayout)) is { } other && generation != other)
            {
                result.AddError(
                    $"--transformers {generation} and --expert-layout {result.GetValue(_expertLayout)} contradict each other: transformers 5 packs experts "
                    + "into parameters, 4 has a module for each.");
            }
        });
    }

    /// <summary>What the caller decides.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="workers">How many tensors may be in work at a time.</param>
    /// <param name="runsModel">Whether the base is run, for which all of it is read.</param>
    public ConversionOptions Read(ParseResult result, int? workers = null, bool runsModel = false) => new()
    {
        Base = result.GetValue(_base) is { } path && (runsModel || result.GetValue(_verifyLogits)) ? BaseModels.OpenWhole(path)
            : BaseModels.Open(result.GetValue(_base)),
        ModelType = result.GetValue(_modelType),
        AdapterName = result.GetValue(_adapterName),
        DType = DTypeOf(result.GetValue(_dtype)),
        Allowed = [.. result.GetValue(_allow) ?? []],
        Verify = result.GetValue(_verify),
        DryRun = result.GetValue(_dryRun),
        TransformersGeneration = result.GetValue(_transformers) ?? GenerationOf(result.GetValue(_expertLayout))
            ?? ConversionOptions.Default.TransformersGeneration,
        ExpertOrientation = result.GetValue(_expertOrientation),
        MaxRank = result.GetValue(_maxRank),
        SvdRank = result.GetValue(_svdRank),
        MaxGrowth = result.GetValue(_maxGrowth) ?? ConversionOptions.Default.MaxGrowth,
        Scale = result.GetValue(_scale),
        Dropout = result.GetValue(_dropout),
        Producer = result.GetValue(_producer),
        MaxDegreeOfParallelism = workers ?? ConversionOptions.Default.MaxDegreeOfParallelism,
    };

    /// <summary>The look at logits that was asked for, or <see langword="null"/>.</summary>
    public LogitsCheck? LogitsCheckOf(ParseResult result, ConversionOptions options, Func<int, IProgress<int>> progress) => !result.GetValue(_verifyLogits)
        ? null
        : new LogitsCheck(options.Base!, () => _backend.Read(result, options.MaxDegreeOfParallelism).Open()) { Progress = progress, Cast = options.DType };

    /// <summary>The base's path, where one was given.</summary>
    public string? BasePath(ParseResult result) => result.GetValue(_base);

    /// <summary>Whether nothing is to be written.</summary>
    public bool IsDryRun(ParseResult result) => result.GetValue(_dryRun);

    private static DType? DTypeOf(string? name) => name switch
    {
        "f32" or "float32" => DType.F32,
        "bf16" or "bfloat16" => DType.BF16,
        "f16" or "float16" => DType.F16,
        _ => null,
    };

    private static int? GenerationOf(string? expertLayout) => expertLayout switch { "modules" => 4, "parameters" => 5, _ => null };

    private static void Add(Command command, params ReadOnlySpan<Option> options)
    {
        foreach (Option option in options)
        {
            command.Options.Add(option);
        }
    }
}
