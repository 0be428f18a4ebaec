using Transfuse.Conversion.Batch;
using Transfuse.Conversion.Batch.Shards;

namespace Transfuse.Conversion.Tests.Batch.Shards;

public class ShardTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(300)]
    public void Every_input_is_in_one_shard_and_bytes_are_balanced(int count)
    {
        var random = new Random(5);
        BatchInput[] inputs = [.. Enumerable.Range(0, 200).Select(i => new BatchInput($"runs/{i}", $"{i}") { Bytes = random.NextInt64(1, 400_000_000) })];
        long[] loads = [.. Enumerable.Range(1, count).Select(i => ShardPlan.Of(inputs, new Shard(i, count)).Sum(input => input.Bytes))];
        string[] all = [.. Enumerable.Range(1, count).SelectMany(i => ShardPlan.Of(inputs, new Shard(i, count))).Select(input => input.Name)];
        Assert.Equal(inputs.Select(input => input.Name).Order(), all.Order());

        // The largest first, each to the lightest: the heaviest shard is at most 4/3 of the best possible.
        double best = Math.Max(inputs.Sum(input => input.Bytes) / (double)count, inputs.Max(input => input.Bytes));
        Assert.InRange(loads.Max(), 0, best * 4 / 3);
    }

    [Fact]
    public void The_division_does_not_depend_on_the_order_of_inputs()
    {
        BatchInput[] inputs = [.. Enumerable.Range(0, 50).Select(i => new BatchInput($"{i}", $"{i}") { Bytes = i % 7 })];
        Assert.Equal(
            ShardPlan.Of(inputs, new Shard(2, 4)).Select(input => input.Name).Order(),
            ShardPlan.Of([.. inputs.Reverse()], new Shard(2, 4)).Select(input => input.Name).Order());
    }

    [Theory]
    [InlineData("1/1", true)]
    [InlineData("8/8", true)]
    [InlineData("0/8", false)]
    [InlineData("9/8", false)]
    [InlineData("1/0", false)]
    [InlineData("1", false)]
    [InlineData("-1/8", false)]
    [InlineData("1/8/2", false)]
    [InlineData("1/99999999999", false)]
    public void Parses(string text, bool isShard) => Assert.Equal(isShard ? text : null, Shard.Parse(text)?.ToString());

    [Theory]
    [InlineData("SLURM_ARRAY_TASK_ID=0 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=7 SLURM_ARRAY_TASK_COUNT=8 SLURM_ARRAY_TASK_STEP=1", null, "1/8")]
    [InlineData("SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=9 SLURM_ARRAY_TASK_COUNT=5 SLURM_ARRAY_TASK_STEP=2", null, "3/5")]
    [InlineData("SLURM_ARRAY_TASK_ID=8 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=8 SLURM_ARRAY_TASK_COUNT=8", 8, "8/8")]
    [InlineData("JOB_COMPLETION_INDEX=3", 4, "4/4")]
    [InlineData("AWS_BATCH_JOB_ARRAY_INDEX=1 AWS_BATCH_JOB_ARRAY_SIZE=3", null, "2/3")]
    [InlineData("CLOUD_RUN_TASK_INDEX=0 CLOUD_RUN_TASK_COUNT=2", null, "1/2")]
    [InlineData("BATCH_TASK_INDEX=1 BATCH_TASK_COUNT=2", null, "2/2")]
    public void Schedulers_tell(string environment, int? count, string shard) => Assert.Equal(shard, ShardEnvironment.Find(count, Variables(environment)).ToString());

    [Theory]
    [InlineData("", null, "none of SLURM_ARRAY_TASK_ID")]
    [InlineData("JOB_COMPLETION_INDEX=3", null, "give --shard auto/N")]
    [InlineData("JOB_COMPLETION_INDEX=4", 4, "no index below 4")]
    [InlineData("CLOUD_RUN_TASK_INDEX=0 CLOUD_RUN_TASK_COUNT=2", 3, "says that there are 2")]
    [InlineData("SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=6 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_STEP=1", null, "gaps")]
    [InlineData("SLURM_ARRAY_TASK_ID=x", null, "do not tell a shard")]
    public void What_tells_no_shard_is_said(string environment, int? count, string message) =>
        Assert.Contains(message, Assert.Throws<BatchException>(() => ShardEnvironment.Find(count, Variables(environment))).Message);

    private static Func<string, string?> Variables(string text)
    {
        Dictionary<string, string> all = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        return all.GetValueOrDefault;
    }
}
