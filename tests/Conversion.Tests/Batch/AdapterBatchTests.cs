using Transfuse.Conversion.Batch;
using Transfuse.Conversion.Sources.Faults;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Tests.Batch;

/// <summary>The loop itself, with work that is no adapter.</summary>
public class AdapterBatchTests
{
    [Fact]
    public void Tells_outcomes_in_the_order_of_the_inputs_whichever_ends_first()
    {
        var told = new Runs.Told();
        AdapterBatch.Of(Inputs(40)).WithOptions(new BatchOptions { Jobs = 4 }).WithObserver(told).Run(task =>
        {
            Thread.Sleep(int.Parse(task.Input.Name) % 4 == 0 ? 8 : 0);
            return Done(task);
        }, TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"{i}"), told.Outcomes.Select(outcome => outcome.Input.Name));
    }

    [Fact]
    public void What_ends_one_input_ends_no_other()
    {
        var told = new Runs.Told();
        BatchSummary summary = AdapterBatch.Of(Inputs(9)).WithOptions(new BatchOptions { Jobs = 3 }).WithObserver(told).Run(
            task => task.Input.Name switch
            {
                "2" => throw new IOException("the disk is gone"),
                "4" => throw new InvalidOperationException("a fault"),
                "6" => new BatchOutcome { Input = task.Input, Verdict = BatchVerdict.Refused, Findings = [TensorCodes.HalfPair.At("q_proj", "half")] },
                _ => Done(task),
            },
            TestContext.Current.CancellationToken);
        Assert.Equal((9, 6, 2, 0), (summary.Inputs, summary.Done["converted"], summary.Failed, summary.NotRun));
        Assert.Equal(1, summary.Refused["TF2001"]);
        Assert.Equal("the disk is gone", told.Outcomes[2].Failure);
        Assert.IsType<InvalidOperationException>(told.Outcomes[4].Detail);
    }

    [Fact]
    public void Fail_fast_begins_no_more_and_tells_what_ended()
    {
        var told = new Runs.Told();
        BatchSummary summary = AdapterBatch.Of(Inputs(50)).WithOptions(new BatchOptions { Jobs = 1, FailFast = true }).WithObserver(told)
            .Run(task => task.Input.Name == "3" ? throw new IOException("gone") : Done(task), TestContext.Current.CancellationToken);
        Assert.Equal(["0", "1", "2", "3"], told.Outcomes.Select(outcome => outcome.Input.Name));
        Assert.Equal((1, 46), (summary.Failed, summary.NotRun));
    }

    [Fact]
    public void Inputs_that_need_more_memory_than_there_is_run_alone()
    {
        int now = 0, most = 0;
        BatchInput[] large = [.. Enumerable.Range(0, 8).Select(i => new BatchInput($"{i}", $"{i}") { LargestTensor = 1 << 30 })];
        AdapterBatch.Of(large).WithOptions(new BatchOptions { Jobs = 4, Memory = 1 << 20 }).Run(task =>
        {
            most = Math.Max(most, Interlocked.Increment(ref now));
            Thread.Sleep(2);
            Interlocked.Decrement(ref now);
            return Done(task);
        }, TestContext.Current.CancellationToken);
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task Small_inputs_overtake_one_that_waits_for_memory_but_not_for_ever()
    {
        // One of 1 GB runs; the next of its size must wait, and of 200 small ones 64 at most go before it.
        BatchInput[] inputs =
        [
            new("first", "first") { LargestTensor = 1 << 30 },
            new("second", "second") { LargestTensor = 1 << 30 },
            .. Enumerable.Range(0, 200).Select(i => new BatchInput($"{i}", $"{i}")),
        ];
        var queue = new BatchQueue(inputs, (3L << 30) - 1, 64);
        Assert.Equal(0, queue.Take()!.Value.Index);
        for (int i = 0; i < 64; i++)
        {
            int small = queue.Take()!.Value.Index;
            Assert.Equal(i + 2, small);
            queue.Release(small);
        }

        Task<(int Index, int Workers)?> next = Task.Run(queue.Take, TestContext.Current.CancellationToken);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.False(next.IsCompleted);
        queue.Release(0);
        Assert.Equal(1, (await next)!.Value.Index);
    }

    [Fact]
    public void The_last_inputs_get_the_workers_of_those_that_have_ended()
    {
        var queue = new BatchQueue(Inputs(3), long.MaxValue / 4, 4);
        Assert.Equal((0, 1), queue.Take()!.Value);
        queue.Release(0);
        Assert.Equal((1, 2), queue.Take()!.Value);
        queue.Release(1);
        Assert.Equal((2, 4), queue.Take()!.Value);
        queue.Release(2);
        Assert.Null(queue.Take());
    }

    [Fact]
    public void Cancelling_ends_what_is_in_work_and_tells_what_was_done()
    {
        using var source = new CancellationTokenSource();
        var told = new Runs.Told();
        Assert.ThrowsAny<OperationCanceledException>(() => AdapterBatch.Of(Inputs(20)).WithOptions(new BatchOptions { Jobs = 2 }).WithObserver(told).Run(task =>
        {
            if (task.Input.Name == "5")
            {
                source.Cancel();
            }

            task.CancellationToken.ThrowIfCancellationRequested();
            return Done(task);
        }, source.Token));
        Assert.InRange(told.Outcomes.Count, 4, 7);
        Assert.All(told.Outcomes, outcome => Assert.Equal(BatchVerdict.Done, outcome.Verdict));
    }

    [Fact]
    public void What_fails_for_a_moment_is_tried_again_and_said()
    {
        var told = new Runs.Told();
        int attempts = 0;
        BatchSummary summary = AdapterBatch.Of(Inputs(2)).WithOptions(new BatchOptions { Jobs = 1 }).WithObserver(told)
            .Run(task => task.Input.Name == "0" && attempts++ < 2 ? throw new TransientFaultException("the server is busy") : Done(task), TestContext.Current.CancellationToken);
        Assert.Equal((2, 2), (summary.Done["converted"], summary.Retries));
        Assert.Equal(["info TF7010 0: was tried again 2 times: the server is busy"], told.Outcomes[0].Findings.Select(finding => $"{finding}"));
    }

    [Fact]
    public void What_stands_against_every_input_stops_the_batch() => Assert.Equal(
        "no such backend",
        Assert.Throws<ArgumentException>(() => AdapterBatch.Of(Inputs(5)).Run(
            _ => throw new BatchStoppedException(new ArgumentException("no such backend")), TestContext.Current.CancellationToken)).Message);

    private static BatchInput[] Inputs(int count) => [.. Enumerable.Range(0, count).Select(i => new BatchInput($"{i}", $"{i}"))];

    private static BatchOutcome Done(BatchTask task) => new() { Input = task.Input, Verdict = BatchVerdict.Done, Action = "converted" };
}
