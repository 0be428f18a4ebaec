using System.Collections.Immutable;
using System.CommandLine;
using System.Runtime.InteropServices;
using Transfuse.Apply;
using Transfuse.Apply.Backends;
using Transfuse.Apply.Backends.Mlx;
using Transfuse.Apply.Models;
using Transfuse.Apply.RoundTrip;
using Transfuse.Cli.Output;
using Transfuse.Conversion;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Cli.Commands;

/// <summary>The options of <c>verify --logits</c>, and the run that they ask for.</summary>
internal sealed class LogitsOptions
{
    private const int DefaultTokens = 32;

    private readonly Option<bool> _logits = new("--logits")
    {
        Description = "Run the base model without an adapter and with each, and compare the logits. Needs --base with weights. With A alone: what A changes.",
    };

    private readonly Option<string> _ids = new("--ids")
    {
        Description = "With --logits: the ids to run on, a JSON list of lists, or a safetensors file with input_ids (int32, batch x tokens).",
        HelpName = "FILE",
    };

    private readonly Option<int?> _tokens = new("--tokens") { Description = "With --logits: how many ids are drawn. Default: 32.", HelpName = "N" };
    private readonly Option<int?> _seed = new("--seed") { Description = "With --logits: what decides which ids are drawn. Default: 0.", HelpName = "S" };
    private readonly BackendOptions _backend = new();
    private string? _ran;
    private readonly Option<string> _save = new("--save")
    {
        Description = "With --logits: write input_ids, logits_base, logits_a and logits_b (float32) for others to compare.",
        HelpName = "FILE.safetensors",
        Validators = { option => CommonOptions.RequireText(option) },
    };

    public void AddTo(Command command, Argument<string> second)
    {
        foreach (Option option in new Option[] { _logits, _ids, _tokens, _seed, _save })
        {
            command.Options.Add(option);
        }

        _backend.AddTo(command);
        command.Validators.Add(result =>
        {
            bool logits = result.GetValue(_logits);
            if (!logits && result.GetValue(second) is null)
            {
                result.AddError("verify compares two adapters; with one alone it needs --logits.");
            }

            if (logits && result.GetValue<string>("--base") is null)
            {
                result.AddError("--logits needs --base.");
            }

            if (!logits && new Option[] { _ids, _tokens, _seed, _save }.Any(option => result.GetResult(option) is { Implicit: false }))
            {
                result.AddError("--ids, --tokens, --seed and --save need --logits.");
            }

            if (result.GetResult(_tokens) is not null && result.GetValue(_tokens) is < 1)
            {
                result.AddError("--tokens must be at least 1.");
            }

            if (result.GetValue(_ids) is not null && (result.GetValue(_tokens) is not null || result.GetValue(_seed) is not null))
            {
                result.AddError("--ids and --tokens or --seed contradict each other.");
            }
        });
    }

    public bool IsAskedFor(ParseResult result) => result.GetValue(_logits);

    /// <summary>Compares one adapter with another, or with the base alone.</summary>
    public CommandOutcome Run(
        ParseResult result, CommandConsole console, string first, string? second, ConversionOptions options, double tolerance, bool quiet,
        CancellationToken cancellationToken)
    {
        var log = new FindingLog(options.Allowed);
        LogitsComparison? comparison = null;
        try
        {
            comparison = Compare(result, console, first, second, options.Base!, options, log, quiet, cancellationToken);
        }
        catch (ModelException refused)
        {
            bool ofIds = refused.Subject == result.GetValue(_ids);
            log.Add((ofIds ? ApplyCodes.IdsUnusable : ApplyCodes.ModelNotRun).At(refused.Subject, refused.Detail));
        }
        catch (AdapterException refused)
        {
            log.Add(ApplyCodes.NotApplied.At(refused.Subject, refused.Detail));
        }

        catch (MlxException refused)
        {
            log.Add(ApplyCodes.BackendUnusable.At(refused.Operation, refused.Detail));
        }

        bool agrees = comparison is not null && (second is null ? comparison.Shift > 0 : comparison.Agrees(tolerance));
        return new CommandOutcome
        {
            Input = first,
            Findings = log.ToSorted(),
            Succeeded = agrees,
            FailureCode = comparison is null ? ExitCodes.Refused : ExitCodes.Different,
            Summary = comparison is null ? $"{first}: the logits could not be compared" : LogitsText.Render(comparison, second is not null, tolerance),
            Members =
            [
                new("second", ReportJson.Text(second)),
                new("tolerance", JsonNumber.Of(tolerance)),
                new("agrees", JsonBoolean.Of(agrees)),
                new("backend", ReportJson.Text(_ran)),
                new("logits", comparison is null ? JsonNull.Instance : LogitsText.Describe(comparison, tolerance)),
            ],
        };
    }

    private LogitsComparison? Compare(
        ParseResult result, CommandConsole console, string first, string? second, BaseModel baseModel, ConversionOptions options, FindingLog log, bool quiet,
        CancellationToken cancellationToken)
    {
        using AtomicFile? saved = BeginSaving(result.GetValue(_save));
        using ITensorBackend backend = _backend.Read(result).Open();
        _ran = backend.Name;
        using LanguageModel model = LanguageModel.Load(baseModel.Folder, backend);
        ImmutableArray<int[]> ids = result.GetValue(_ids) is { } file
            ? TokenIds.Read(file)
            : TokenIds.Draw(result.GetValue(_tokens) ?? DefaultTokens, model.Vocabulary, result.GetValue(_seed) ?? 0);
        int length = ids[0].Length;
        if (ids.Any(row => row.Length != length) || ids.Any(row => row.Any(id => id >= model.Vocabulary)))
        {
            log.Add(ApplyCodes.IdsUnusable.At(result.GetValue(_ids)!, ids.Any(row => row.Length != length)
                ? "has sequences of different lengths"
                : $"has an id that is not below the vocabulary of {model.Vocabulary}"));
            return null;
        }

        using AdapterContainer? a = AdapterContainer.FromSource(AdapterSource.Open(first), baseModel, options, log, cancellationToken);
        using AdapterContainer? b = second is null ? null : AdapterContainer.FromSource(AdapterSource.Open(second), baseModel, options, log, cancellationToken);
        if (a is null || (second is not null && b is null))
        {
            return null;
        }

        var progress = new LayerProgress(quiet ? TextWriter.Null : console.Error, model.Layers);
        (LogitsComparison comparison, LogitsRun run) =
            LogitsVerifier.Compare(model, a, b, [.. ids.SelectMany(row => row)], ids.Length, progress, cancellationToken);
        if (saved is not null)
        {
            Save(saved, run, model.Vocabulary);
        }

        return comparison;
    }

    // Before the work, so that a wrong place shows early.
    private static AtomicFile? BeginSaving(string? path) =>
        path is null ? null
        : FileStatus.Of(path).Kind != EntryKind.Missing ? throw new UsageException($"--save '{path}' is there; it is not replaced.")
        : AtomicFile.Create(path);

    private static void Save(AtomicFile file, LogitsRun run, int vocabulary)
    {
        int tokens = run.Ids.Length / run.Batch;
        TensorShape shape = new(run.Batch, tokens, vocabulary);
        NamedTensor Logits(string name, float[] values) => new(name, new MemoryTensor(DType.F32, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray()));
        List<NamedTensor> tensors =
        [
            new("input_ids", new MemoryTensor(DType.I32, new TensorShape(run.Batch, tokens), MemoryMarshal.AsBytes(run.Ids.AsSpan()).ToArray())),
            Logits("logits_base", run.Base),
            Logits("logits_a", run.First),
        ];
        if (run.Second is { } second)
        {
            tensors.Add(Logits("logits_b", second));
        }

        SafetensorsWriter.Write(file.Content, tensors, null);
        file.Commit(replaces: false);
    }
}
