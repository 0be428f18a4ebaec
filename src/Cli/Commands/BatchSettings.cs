using System.CommandLine;
using System.Globalization;
using Transfuse.Conversion.Batch;
using Transfuse.Conversion.Batch.Journal;
using Transfuse.Conversion.Batch.Shards;

namespace Transfuse.Cli.Commands;

/// <summary>The options that decide how many inputs are run.</summary>
internal sealed class BatchSettings
{
    private static readonly HashSet<string> Neutral = new(StringComparer.Ordinal)
    {
        "--output", "--jobs", "--memory", "--fail-fast", "--shard", "--journal", "--from-file", "--exclude", "--checkpoints", "--json", "--report", "--quiet",
        "--verbose", "--overwrite", "--durable", "--base",
    };

    private readonly Option<int?> _jobs = CommonOptions.Jobs();
    private readonly Option<long?> _memory = new("--memory")
    {
        Description = "How much memory the adapters in work may need together, such as 2G or 500M. Default: half of what the process may use.",
        HelpName = "SIZE",
        CustomParser = result =>
        {
            long? size = ParseSize(result.Tokens[0].Value);
            if (size is null)
            {
                result.AddError($"'{result.Tokens[0].Value}' is no size; use a number of bytes, or one with K, M, G or T.");
            }

            return size;
        },
    };

    private readonly Option<bool> _failFast =
        new("--fail-fast") { Description = "Stop at the first input that is refused or fails; those in work are finished." };
    private readonly Option<string> _shard = new("--shard")
    {
        Description =
            "Run one part of the inputs: I/N, with I from 1 to N; or auto, from what Slurm, AWS Batch or Google tell; auto/N where the scheduler, as "
            + "Kubernetes, does not "
            + "tell how many there are. Parts are of equal bytes.",
        HelpName = "I/N",
        Validators =
        {
            result =>
            {
                if (result.Tokens is [{ Value: var text }] && Shard.Parse(text) is null && AutoCount(text) is null)
                {
                    result.AddError($"'{text}' is no shard; use I/N with I from 1 to N, auto, or auto/N.");
                }
            },
        },
    };

    private readonly Option<string> _journal = new("--journal")
    {
        Description = "The folder where it is written down what was done, so that a second run passes it over. Default with several inputs: the output folder.",
        HelpName = "DIR",
    };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _jobs, _memory, _failFast, _shard, _journal })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>How many workers there are.</summary>
    public int Jobs(ParseResult result) => result.GetValue(_jobs) ?? Environment.ProcessorCount;

    /// <summary>Whether a journal is kept of a run that writes.</summary>
    public bool HasJournal(ParseResult result, bool isBatch) => isBatch || result.GetValue(_journal) is not null;

    /// <summary>How the batch is run.</summary>
    public BatchOptions Read(ParseResult result, BatchJournal? journal)
    {
        var options = new BatchOptions { Jobs = Jobs(result), FailFast = result.GetValue(_failFast), Journal = journal };
        return result.GetValue(_memory) is { } memory ? options with { Memory = memory } : options;
    }

    /// <summary>The shard that is run; <see langword="null"/> for all inputs.</summary>
    /// <exception cref="UsageException">The environment tells none.</exception>
    public Shard? ShardOf(ParseResult result)
    {
        if (result.GetValue(_shard) is not { } text)
        {
            return null;
        }

        try
        {
            return Shard.Parse(text) ?? ShardEnvironment.Find(AutoCount(text) is > 0 and var count ? count : null, Environment.GetEnvironmentVariable);
        }
        catch (BatchException untold)
        {
            throw new UsageException(untold.Message);
        }
    }

    /// <summary>The journal of a run; <see langword="null"/> where it keeps none.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="plan">What is done.</param>
    /// <param name="isBatch">Whether there may be several inputs.</param>
    public BatchJournal? JournalOf(ParseResult result, BatchPlan plan, bool isBatch)
    {
        string? folder = result.GetValue(_journal) ?? (isBatch ? plan.Output : null);
        return folder is null || plan.IsDry ? null : BatchJournal.Open(folder, new JournalOptions
        {
            Verb = plan.Verb,
            Asked = Asked(result, plan),
            Output = plan.Output,
            TakesAllFiles = plan.TakesAllFiles,
            IsInPlace = plan.IsInPlace,
            TrustsBegun = plan.TrustsBegun,
            IsDurable = result.CommandResult.Command.Options.Any(option => option.Name == "--durable" && result.GetResult(option) is { Implicit: false }),
        });
    }

    // 0 for auto without a count.
    private static int? AutoCount(string text) =>
        text == "auto" ? 0 : text.StartsWith("auto/", StringComparison.Ordinal) && Shard.Parse("1/" + text[5..]) is { } all ? all.Count : null;

    // Every option that was given and can change what comes of an input, however it is spelt; and what the base is, wherever it lies.
    private static string Asked(ParseResult result, BatchPlan plan)
    {
        IEnumerable<string> options = result.CommandResult.Command.Options
            .Where(option => !Neutral.Contains(option.Name) && result.GetResult(option) is { Implicit: false })
            .OrderBy(option => option.Name, StringComparer.Ordinal)
            .Select(option => $"{option.Name} {string.Join('\u001f', result.GetResult(option)!.Tokens.Select(token => token.Value))}");
        return string.Join('\n', [.. options, .. plan.Reads.OfType<string>().Select(BaseIdentity.Of)]);
    }

    private static long? ParseSize(string text)
    {
        int shift = text.Length == 0 ? -1
            : char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, >= '0' and <= '9' => 0, _ => -1 };
        string digits = shift > 0 ? text[..^1] : text;
        return shift >= 0 && decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
            && number * (1L << shift) is >= 1 and <= long.MaxValue / 2 and var bytes
            ? (long)bytes
            : null;
    }
}
