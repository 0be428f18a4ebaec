using Transfuse.Conversion.Batch;
using Transfuse.Conversion.Batch.Discovery;
using Transfuse.Conversion.Batch.Journal;
using Transfuse.Conversion.Batch.Outputs;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Batch;

/// <summary>Folders with copies of a recorded adapter, and batches over them.</summary>
internal static class Runs
{
    public static string Make(TemporaryFolder folder, params string[] names)
    {
        foreach (string name in names)
        {
            Copy(folder[$"runs/{name}"]);
        }

        return folder["runs"];
    }

    public static void Copy(string target)
    {
        Directory.CreateDirectory(target);
        foreach (string file in Directory.GetFiles(Fixtures.Case("llama_qv").AdapterFolder))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }
    }

    /// <summary>Converts everything below a folder, as the command does.</summary>
    /// <param name="runs">The folder.</param>
    /// <param name="output">Where outputs go.</param>
    /// <param name="asked">What the journal notes as asked for.</param>
    /// <param name="options">How it is run.</param>
    /// <param name="after">What happens after each conversion, before it counts as done.</param>
    public static (BatchSummary Summary, List<BatchOutcome> Outcomes) Convert(
        string runs, string output, string asked = "mlx-lm", BatchOptions? options = null, Action? after = null)
    {
        DiscoveredInputs found = InputDiscovery.Find([runs + "/*"]);
        using BatchJournal journal = BatchJournal.Open(output, new JournalOptions { Verb = "convert", Asked = asked, Output = output });
        journal.Begin(null, found.Inputs, found.Inputs);
        var told = new Told();
        Func<BatchTask, BatchOutcome> work = BatchWork.Convert(TargetProfile.MlxLm, new BatchOutput(output, found.Inputs, adopts: true));
        BatchSummary summary = AdapterBatch.Of(found.Inputs).WithOptions((options ?? BatchOptions.Default) with { Journal = journal, Jobs = 2 }).WithObserver(told)
            .Run(
                task =>
                {
                    BatchOutcome outcome = work(task);
                    after?.Invoke();
                    return outcome;
                },
                TestContext.Current.CancellationToken);
        return (summary, told.Outcomes);
    }

    /// <summary>The outputs: each file but journals, with its content.</summary>
    public static string[] Contents(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
            .Where(path => !Path.GetFileName(path).StartsWith(".transfuse.", StringComparison.Ordinal))
            .Select(path => $"{Path.GetRelativePath(folder, path)} {System.Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))}")
            .Order(StringComparer.Ordinal),
    ];

    internal sealed class Told : IBatchObserver
    {
        public List<BatchOutcome> Outcomes { get; } = [];

        public void Ended(BatchOutcome outcome) => Outcomes.Add(outcome);
    }
}
