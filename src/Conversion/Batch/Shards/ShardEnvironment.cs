namespace Transfuse.Conversion.Batch.Shards;

/// <summary>
/// Which shard a process is by what its scheduler tells it: Slurm's arrays, Kubernetes' indexed jobs, AWS Batch, Google's Cloud Run jobs and Batch.
/// </summary>
internal static class ShardEnvironment
{
    /// <summary>Finds it.</summary>
    /// <param name="count">How many shards there are, where the caller knows it; the scheduler must not say otherwise. Kubernetes does not say.</param>
    /// <param name="variable">Gives a variable of the environment.</param>
    /// <exception cref="BatchException">No scheduler tells, or what it tells is no shard.</exception>
    public static Shard Find(int? count, Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        int? Number(string name) => Shard.Integer(variable(name));
        if (variable("SLURM_ARRAY_TASK_ID") is { Length: > 0 })
        {
            return Slurm(Number, count);
        }

        if (variable("AWS_BATCH_JOB_ARRAY_INDEX") is { Length: > 0 })
        {
            return Of("AWS_BATCH_JOB_ARRAY_INDEX", Number("AWS_BATCH_JOB_ARRAY_INDEX"), Number("AWS_BATCH_JOB_ARRAY_SIZE"), count);
        }

        if (variable("CLOUD_RUN_TASK_INDEX") is { Length: > 0 })
        {
            return Of("CLOUD_RUN_TASK_INDEX", Number("CLOUD_RUN_TASK_INDEX"), Number("CLOUD_RUN_TASK_COUNT"), count);
        }

        if (variable("BATCH_TASK_INDEX") is { Length: > 0 })
        {
            return Of("BATCH_TASK_INDEX", Number("BATCH_TASK_INDEX"), Number("BATCH_TASK_COUNT"), count);
        }

        if (variable("JOB_COMPLETION_INDEX") is { Length: > 0 })
        {
            return Of("JOB_COMPLETION_INDEX", Number("JOB_COMPLETION_INDEX"), null, count);
        }

        throw new BatchException(
            "--shard auto: none of SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_INDEX, CLOUD_RUN_TASK_INDEX and BATCH_TASK_INDEX is set; "
            + "give --shard I/N.");
    }

    // A list such as --array=1,5,6 has no step by which an id could be told from its place.
    private static Shard Slurm(Func<string, int?> number, int? count)
    {
        int? id = number("SLURM_ARRAY_TASK_ID"), least = number("SLURM_ARRAY_TASK_MIN"), most = number("SLURM_ARRAY_TASK_MAX"), tasks =
            number("SLURM_ARRAY_TASK_COUNT");
        int step = number("SLURM_ARRAY_TASK_STEP") is { } given and >= 1 ? given : 1;
        if (id is null || least is null || most is null || tasks is null || id < least || id > most || (id - least) % step != 0)
        {
            throw new BatchException("--shard auto: the variables SLURM_ARRAY_TASK_ID, _MIN, _MAX and _COUNT do not tell a shard; give --shard I/N.");
        }

        return ((most - least) / step) + 1 == tasks
            ? Of("SLURM_ARRAY_TASK_ID", (id - least) / step, tasks, count)
            : throw new BatchException(
                $"--shard auto: a Slurm array with gaps ({tasks} tasks from {least} to {most}) does not tell which shard a task is; use --array=1-N, or give "
                + "--shard I/N.");
    }

    private static Shard Of(string name, int? index, int? told, int? count)
    {
        if (told is not null && count is not null && told != count)
        {
            throw new BatchException($"--shard auto/{count}: the scheduler says that there are {told}.");
        }

        int? all = told ?? count;
        return all is null ? throw new BatchException($"--shard auto: {name} does not tell how many shards there are; give --shard auto/N.")
            : index is null || index >= all || all < 1 ? throw new BatchException($"--shard auto: {name} is no index below {all}.")
            : new Shard(index.Value + 1, all.Value);
    }
}
