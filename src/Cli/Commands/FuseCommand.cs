using System.CommandLine;
using Transfuse.Apply.Fusing;
using Transfuse.Cli.Output;
using Transfuse.Conversion;
using Transfuse.Conversion.Batch;
using Transfuse.Conversion.Batch.Discovery;
using Transfuse.Conversion.Batch.Outputs;
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
        Description =
            "An adapter of any dialect: a folder or a weights file. Several are summed; DoRA is applied in the order given. With PATH: each of those on top of "
            + "these.",
        HelpName = "PATH",
    };

    private readonly Option<string> _output =
        new("--output",
        "-o") { Description = "The model folder to write. With several PATHs, or a glob: the parent of the model folders, one for each adapter.",
        HelpName = "DIR", Required = true };
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
    private readonly Option<bool> _overwrite = CommonOptions.Overwrite();
    private readonly Option<bool> _durable = CommonOptions.Durable();
    private readonly BatchInputs _inputs = new();
    private readonly BatchSettings _batch = new();
    private readonly ReportOptions _report = new();

    public IReadOnlyList<string> Examples { get; } =
    [
        "transfuse fuse --base models/llama --adapter adapters/llama --output models/llama-merged",
        "transfuse fuse --base models/llama-4bit --adapter adapters/llama-mlx --output models/llama-merged --keep-precision 0.2",
        "transfuse fuse --base models/llama --adapter adapters/first --adapter adapters/second --scale 0.8 --output models/llama-both --dry-run",
        "transfuse fuse 'runs/*' --base models/llama --output merged",
    ];

    public Command Build(CommandConsole console)
    {
        var command = new Command(
            "fuse",
            "Merges adapters into their base and writes a new model folder: in float32, rounded once. What a quantized base loses of the adapter is said.")
        {
            _base, _adapters, _output, _scale, _dequantize, _keepPrecision, _modelType, _adapterName, _allow, _expertOrientation, _producer, _dryRun,
            _overwrite, _durable,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(_dequantize) && result.GetValue(_keepPrecision) is not null)
            {
                result.AddError("--dequantize leaves nothing quantized, so that --keep-precision has nothing to choose.");
            }
        });
        command.Validators.Add(result =>
        {
            if (!_inputs.IsGiven(result) && result.GetValue(_adapters) is null or [])
            {
                result.AddError("Give --adapter, whose adapters are summed into one model, or PATH, each of which gives a model.");
            }
        });
        _inputs.AddTo(command, isOptional: true);
        _batch.AddTo(command);
        _report.AddTo(command);
        command.SetAction((result, cancellationToken) => Task.FromResult(Run(result, console, cancellationToken)));
        return command;
    }

    private int Run(ParseResult result, CommandConsole console, CancellationToken cancellationToken)
    {
        string output = result.GetRequiredValue(_output), model = result.GetRequiredValue(_base);
        string[] adapters = result.GetValue(_adapters) ?? [];
        if (!_inputs.IsGiven(result.CommandResult))
        {
            return new BatchRunner(_report, _batch).Run(
                result, console, new BatchPlan("fuse") { Reads = adapters, IsDry = result.GetValue(_dryRun) },
                new DiscoveredInputs([new BatchInput(model, string.Empty)], [], IsSingle: true),
                task => RunOne(result, model, adapters, output, task, console, showsProgress: true), cancellationToken);
        }

        DiscoveredInputs found = _inputs.FindWithOutputs(result, output);
        var plan = new BatchPlan("fuse") { Reads = [model, .. adapters], Output = output, IsDry = result.GetValue(_dryRun), TrustsBegun = true };
        return new BatchRunner(_report, _batch).Run(
            result, console, plan, found,
            task =>
            {
                string folder = Path.Combine(output, task.Input.Name);
                if (!Path.Exists(folder))
                {
                    // A merged model is too large to be compared with what is there: what appears now is this batch's own.
                    task.NoteBegin();
                }

                CommandOutcome outcome =
                    RunOne(result, model, [.. adapters, task.Input.Path], folder, task, console, found.IsSingle) with { Input = task.Input.Path };
                task.Outputs = outcome.Succeeded && !plan.IsDry && _batch.HasJournal(result, !found.IsSingle) ? FolderStamps.Of(folder) : [];
                return outcome;
            },
            cancellationToken);
    }

    private CommandOutcome RunOne(
        ParseResult result, string model, IReadOnlyList<string> paths, string output, BatchTask task, CommandConsole console, bool showsProgress)
    {
        var adapters = new List<IAdapterSource>();
        using var progress = new ProgressLine(console, isWanted: showsProgress && !_report.IsQuiet(result));
        try
        {
            foreach (string path in paths)
            {
                adapters.Add(AdapterSource.Open(path, task.Retries));
            }

            FusionResult fusion =
                ModelFusion.Fuse(BaseModels.OpenWhole(model), adapters, output, Read(result, task) with { Progress = progress }, task.CancellationToken);
            bool isDry = result.GetValue(_dryRun);
            return new CommandOutcome
            {
                Input = model,
                Findings = fusion.Findings,
                Succeeded = fusion.Succeeded,
                Action = "fused",
                Summary = fusion.Succeeded
                    ? FusionText.Render(fusion, output, isListed: isDry || _report.IsVerbose(result))
                    : $"{(showsProgress ? model : task.Input.Path)}: not merged",
                Members =
                [
                    new("output", ReportJson.Text(fusion.IsWritten ? output : null)),
                    new("adapters", new JsonArray([.. paths.Select(path => new JsonString(path))])),
                    new("kept", JsonNumber.Of(fusion.Kept)),
                    new("loss", fusion.Loss is { } loss ? ReportJson.Number(loss) : JsonNull.Instance),
                    new("weights", new JsonArray([.. fusion.Weights.Select(Describe)])),
                ],
            };
        }
        finally
        {
            adapters.ForEach(adapter => adapter.Dispose());
        }
    }

    private FusionOptions Read(ParseResult result, BatchTask task) => new()
    {
        Reading = ConversionOptions.Default with
        {
            ModelType = result.GetValue(_modelType),
            AdapterName = result.GetValue(_adapterName),
            Allowed = [.. result.GetValue(_allow) ?? []],
            Producer = result.GetValue(_producer),
            ExpertOrientation = result.GetValue(_expertOrientation),
            MaxDegreeOfParallelism = task.Workers,
        },
        Strength = result.GetValue(_scale) ?? 1,
        Dequantize = result.GetValue(_dequantize),
        KeepPrecision = result.GetValue(_keepPrecision),
        DryRun = result.GetValue(_dryRun),
        Folder = new AtomicFolderOptions { Overwrite = result.GetValue(_overwrite) || task.MayReplace, Durable = result.GetValue(_durable) },
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
