using System.Collections.Immutable;

namespace Transfuse.Conversion.Batch.Shards;

/// <summary>
/// Divides inputs among shards by their bytes: the largest first, each to the shard that has the least so far. The division depends on names and sizes alone,
/// not on the machine, the order in which inputs were found, or what is done already.
/// </summary>
/// <seealso cref="Transfuse.Conversion.Batch.Shards.Shard" />
public static class ShardPlan
{
    // What an adapter takes besides its bytes: opening files and folders. Without it a thousand empty ones would weigh nothing.
    private const long Fixed = 64 << 10;

    /// <summary>The inputs of one shard, in the order of all.</summary>
    /// <param name="inputs">The inputs of all shards.</param>
    /// <param name="shard">Which one.</param>
    public static ImmutableArray<BatchInput> Of(IReadOnlyList<BatchInput> inputs, Shard shard)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var loads = new PriorityQueue<int, (long Bytes, int Shard)>();
        for (int i = 0; i < shard.Count; i++)
        {
            loads.Enqueue(i, (0, i));
        }

        var own = new HashSet<BatchInput>(ReferenceEqualityComparer.Instance);
        foreach (BatchInput input in inputs.OrderByDescending(input => input.Bytes).ThenBy(input => input.Name, StringComparer.Ordinal)
            .ThenBy(input => input.Path, StringComparer.Ordinal))
        {
            loads.TryDequeue(out int least, out (long Bytes, int Shard) load);
            loads.Enqueue(least, (load.Bytes + input.Bytes + Fixed, least));
            if (least == shard.Number - 1)
            {
                own.Add(input);
            }
        }

        return [.. inputs.Where(own.Contains)];
    }
}
