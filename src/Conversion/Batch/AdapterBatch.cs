using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Transfuse.Conversion.Batch.Journal;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Sources.Faults;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Batch;

/// <summary>
/// Runs many adapters: several at a time within a budget of memory, told in the order of the inputs, each repeated where it failed for a moment, and none
/// stopped by another. With a journal, what was done before and has not changed is passed over. Immutable: each call gives a new batch.
/// </summary>
/// <example>
/// <code>
/// IReadOnlyList&lt;BatchInput&gt; inputs = InputDiscovery.Find(["runs/**"]).Inputs;
/// BatchSummary summary = AdapterBatch.Of(inputs)
///     .WithOptions(new BatchOptions { Jobs = 4, FailFast = true })
///     .Run(BatchWork.Inspect(), cancellationToken);
/// Console.WriteLine($"{summary.Inputs} inputs, {summary.Unsuccessful} not done");
/// </code>
/// </example>
public sealed record AdapterBatch
{
    private AdapterBatch(IReadOnlyList<BatchInput> inputs) => Inputs = inputs;

    private IReadOnlyList<BatchInput> Inputs { get; }

    private BatchOptions Options { get; init; } = BatchOptions.Default;

    private IBatchObserver? Observer { get; init; }

    /// <summary>Starts with the inputs, in the order in which their outcomes are told.</summary>
    public static AdapterBatch Of(IReadOnlyList<BatchInput> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return new AdapterBatch(inputs);
    }

    /// <summary>How it is run. Default: <see cref="BatchOptions.Default"/>.</summary>
    public AdapterBatch WithOptions(BatchOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return this with { Options = options };
    }

    /// <summary>Who is told. Default: nobody.</summary>
    public AdapterBatch WithObserver(IBatchObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return this with { Observer = observer };
    }

    /// <summary>Runs the batch.</summary>
    /// <param name="work">What to do with one input, on any thread. What it throws is that input's outcome, but for what ends the whole batch.</param>
    /// <param name="cancellationToken">Ends the batch; what is in work is rolled back.</param>
    /// <exception cref="OperationCanceledException">Cancelled. What was done is done, and in the journal.</exception>
    public BatchSummary Run(Func<BatchTask, BatchOutcome> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        using var execution = new Execution(this, work, cancellationToken);
        return execution.Run();
    }

    // One run; the batch itself never changes.
    private sealed class Execution(AdapterBatch batch, Func<BatchTask, BatchOutcome> work, CancellationToken cancellationToken) : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private readonly SummaryCounter _counter = new();
        private readonly WorkFolderShare _share = new();
        private readonly BatchQueue _queue = new(batch.Inputs, batch.Options.Memory, batch.Options.Jobs);
        private OutcomeOrder? _order;
        private ExceptionDispatchInfo? _stopped;
        private int _retries;

        public BatchSummary Run()
        {
            if (batch.Options.Journal?.Output is { } output)
            {
                WorkFolderShare.Recover(output);
            }

            _order = new OutcomeOrder(Tell);
            using CancellationTokenRegistration registration = cancellationToken.Register(_queue.Stop);
            int threads = Math.Min(batch.Options.Jobs, batch.Inputs.Count);
            var others = new Thread[Math.Max(0, threads - 1)];
            for (int i = 0; i < others.Length; i++)
            {
                others[i] = new Thread(Work) { IsBackground = true };
                others[i].Start();
            }

            Work();
            foreach (Thread thread in others)
            {
                thread.Join();
            }

            _order.Finish();
            _stopped?.Throw();
            cancellationToken.ThrowIfCancellationRequested();
            return _counter.ToSummary(batch.Inputs.Count, _retries, _clock.Elapsed);
        }

        public void Dispose() => _share.Dispose();

        private void Work()
        {
            try
            {
                while (_queue.Take() is var (index, workers))
                {
                    try
                    {
                        if (RunOne(batch.Inputs[index], workers) is { } outcome)
                        {
                            End(index, outcome);
                        }
                    }
                    finally
                    {
                        _queue.Release(index);
                    }
                }
            }
            catch (Exception failed)
            {
                // A full disk under the journal, or an observer that cannot print: nobody would know of the rest.
                Stop(failed);
            }
        }

        private BatchOutcome? RunOne(BatchInput input, int workers)
        {
            Notify(observer => observer.Started(input));
            JournalLookup looked = JournalLookup.Unknown;
            try
            {
                var retries = new RetryLog();
                var clock = Stopwatch.StartNew();
                BatchTask? task = null;
                BatchOutcome outcome = Attempt(input, retries, () =>
                {
                    looked.Held?.Dispose();
                    looked = JournalLookup.Unknown;
                    looked = batch.Options.Journal?.Find(input, retries) ?? JournalLookup.Unknown;
                    return looked.Done?.ToOutcome(input) ?? work(task = new BatchTask(input, workers, retries, cancellationToken)
                    {
                        MayReplace = looked.IsOutputOurs,
                        Held = looked.Held,
                        Share = _share,
                        OnBegin = batch.Options.Journal is { } journal ? () => journal.Begin(input) : null,
                    });
                });
                if (outcome.IsSkipped)
                {
                    return outcome;
                }

                outcome = outcome with { Findings = [.. outcome.Findings, .. retries.ToFindings()], Outputs = outcome.Outputs is [] ? task?.Outputs
                    ?? [] : outcome.Outputs };
                Interlocked.Add(ref _retries, retries.Count);
                batch.Options.Journal?.Append(outcome, looked.Files, clock.Elapsed);
                return outcome;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                _queue.Stop();
                return null;
            }
            catch (BatchStoppedException stopped)
            {
                Stop(stopped.InnerException!);
                return null;
            }
            finally
            {
                looked.Held?.Dispose();
                Notify(observer => observer.Stopped(input));
            }
        }

        // What ends one input does not end the others.
        private BatchOutcome Attempt(BatchInput input, RetryLog retries, Func<BatchOutcome> run)
        {
            try
            {
                try
                {
                    return run();
                }
                catch (Exception failed) when (FaultPolicy.IsTransient(failed))
                {
                    return FaultPipeline.Files.Run(input.Path, retries, _ => run(), failed, cancellationToken);
                }
            }
            catch (ContainerException broken)
            {
                return new BatchOutcome { Input = input, Verdict = BatchVerdict.Refused, Findings = [DamagedFile.Describe(broken)] };
            }
            catch (Exception failed) when (failed is not (OperationCanceledException or BatchStoppedException))
            {
                return new BatchOutcome { Input = input, Verdict = BatchVerdict.Failed, Failure = failed.Message, Detail = failed };
            }
        }

        private void End(int index, BatchOutcome outcome)
        {
            lock (_gate)
            {
                int told = _order!.Add(index, outcome);
                _queue.Told(told);
            }

            if (batch.Options.FailFast && outcome.Verdict != BatchVerdict.Done)
            {
                _queue.Stop();
            }
        }

        private void Tell(BatchOutcome outcome)
        {
            _counter.Add(outcome);
            batch.Observer?.Ended(outcome);
        }

        private void Notify(Action<IBatchObserver> tell)
        {
            if (batch.Observer is { } observer)
            {
                lock (_gate)
                {
                    tell(observer);
                }
            }
        }

        private void Stop(Exception cause)
        {
            Interlocked.CompareExchange(ref _stopped, ExceptionDispatchInfo.Capture(cause), null);
            _queue.Stop();
        }
    }
}
