using System.CommandLine;
using Transfuse.Apply.Fusing;
using Transfuse.Cli.Output;
using Transfuse.Conversion;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Cli.Commands;

/// <summary><c>transfuse fuse</c>: merges adapters into their base and writes a model folder.</summary>
internal sealed class FuseCommand : ICommand
{
    private readonly Option<string> _base =
        new("--base") { Description = "The base model's folder, in Hugging Face or MLX layout, with its weights.", HelpName = "MODEL", Required = true };
    private readonly Option<string[]> _adapters = new("--adapter")
    {
        Description = "An adapter of any dialect: a folder or a weights file. Several are summed; DoRA is applied in the order given.",
        HelpName = "PATH",
        Required = true,
    };

    private readonly Option<string> _output = new("--output", "-o") { Description = "The model folder to write.", HelpName = "DIR", Required = true };
    private readonly Option<double?> _scale = CommonOptions.Number(
        "--scale", "By what the adapters' changes are multiplied. Default: 1.", "a number within the range of float32", value => float.IsFinite((float)value));
    private readonly Option<bool> _dequantize = new("--dequantize") { Description = "Write a quantized base as a model of 16-bit floats." };
    private readonly Option<double?> _keepPrecision = CommonOptions.Number(
        "--keep-precision", "Leave those modules of a quantized base unquantized that would lose more than this share of their change, from 0 to 1.",
        "between 0 and 1", value => value is >= 0 and <= 1);

    private readonly Option<string> _modelType = CommonOptions.ModelType();
    private readonly Option<string> _adapterName =
        new("--adapter-name") { Description = "The sub-folder to read where an adapter's folder holds several.", HelpName = "NAME" };
    private readonly Option<string[]> _allow = CommonOptions.Allow();
    private readonly Option<ExpertOrientation?> _expertOrientation = CommonOptions.ExpertSide();
    private readonly Option<MlxProducer> _producer = CommonOptions.Producer();
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "List what would change, and write nothing." };
    private readonly Option<int?> _jobs = CommonOptions.Jobs();
    private readonly Option<bool> _overwrite = CommonOptions.Overwrite();
    private readonly Option<bool> _durable = CommonOptions.Durable();
    private readonly ReportOptions _report = new();

    public IReadOnlyList<string> Examples { get; } =
    [
        "transfuse fuse --base models/llama --adapter adapters/llama-peft --output models/llama-merged",
        "transfuse fuse --base models/llama-4bit --adapter adapters/llama-mlx --output models/llama-merged --keep-precision 0.2",
        "transfuse fuse --base models/llama --adapter style --adapter facts --scale 0.8 --output models/llama-both --dry-run",
    ];

    public Command Build(CommandConsole console)
    {
        var command = new Command(
            "fuse",
            "Merges adapters into their base and writes a new model folder: in float32, rounded once. What a quantized base loses of the adapter is said.")
        {
            _base, _adapters, _output, _scale, _dequantize, _keepPrecision, _modelType, _adapterName, _allow, _expertOrientation, _producer, _dryRun, _jobs,
            _overwrite, _durable,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(_dequantize) && result.GetValue(_keepPrecision) is not null)
            {
                result.AddError("--dequantize leaves nothing quantized, so that --keep-precision has nothing to choose.");
            }
        });
        _report.AddTo(command);
        command.SetAction((result, cancellationToken) => Task.FromResult(
            _report.RunAll(
                result, console, "fuse", [result.GetRequiredValue(_base)], result.GetRequiredValue(_adapters),
                model => RunOne(result, model, console, cancellationToken), cancellationToken)));
        return command;
    }

    private CommandOutcome RunOne(ParseResult result, string model, CommandConsole console, CancellationToken cancellationToken)
    {
        string output = result.GetRequiredValue(_output);
        var adapters = new List<IAdapterSource>();
        using var progress = new ProgressLine(console, isWanted: !_report.IsQuiet(result));
        try
        {
            foreach (string path in result.GetRequiredValue(_adapters))
            {
                adapters.Add(AdapterSource.Open(path));
            }

            FusionResult fusion = ModelFusion.Fuse(BaseModel.FromFolder(model), adapters, output, Read(result) with { Progress = progress }, cancellationToken);
            bool isDry = result.GetValue(_dryRun);
            return new CommandOutcome
            {
                Input = model,
                Findings = fusion.Findings,
                Succeeded = fusion.Succeeded,
                Summary = fusion.Succeeded ? FusionText.Render(fusion, output, isListed: isDry || _report.IsVerbose(result)) : $"{model}: not merged",
                Members =
                [
                    new("output", ReportJson.Text(fusion.IsWritten ? output : null)),
                    new("adapters", new JsonArray([.. result.GetRequiredValue(_adapters).Select(path => new JsonString(path))])),
                    new("kept", JsonNumber.Of(fusion.Kept)),
                    new("loss", fusion.Loss is { } loss ? ReportJson.Number(loss) : JsonNull.Instance),
                    new("weights", new JsonArray([.. fusion.Weights.Select(Describe)])),
                ],
            };
        }
        finally
        {
            adapters.ForEach(adapter => (adapter as IDisposable)?.Dispose());
        }
    }

    private FusionOptions Read(ParseResult result) => new()
    {
        Reading = ConversionOptions.Default with
        {
            ModelType = result.GetValue(_modelType),
            AdapterName = result.GetValue(_adapterName),
            Allowed = [.. result.GetValue(_allow) ?? []],
            Producer = result.GetValue(_producer),
            ExpertOrientation = result.GetValue(_expertOrientation),
            MaxDegreeOfParallelism = result.GetValue(_jobs) ?? ConversionOptions.Default.MaxDegreeOfParallelism,
        },
        Strength = result.GetValue(_scale) ?? 1,
        Dequantize = result.GetValue(_dequantize),
        KeepPrecision = result.GetValue(_keepPrecision),
        DryRun = result.GetValue(_dryRun),
        Folder = new AtomicFolderOptions { Overwrite = result.GetValue(_overwrite), Durable = result.GetValue(_durable) },
    };

    private static JsonObject Describe(FusedWeight weight) => new(
    [
        new("name", new JsonString(weight.Name)),
        new("change", new JsonString(weight.Change)),
        new("form", new JsonString(weight.Form)),
        new("loss", weight.Loss is { } loss ? ReportJson.Number(loss) : JsonNull.Instance),
        new("kept_precise", JsonBoolean.Of(weight.IsKeptPrecise)),
    ]);
}
