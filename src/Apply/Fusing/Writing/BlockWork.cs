using Transfuse.Formats.Work;

namespace Transfuse.Apply.Fusing.Writing;

/// <summary>Runs the blocks of several items in order, a few at a time, so that only the items of neighbouring blocks are in memory.</summary>
internal static class BlockWork
{
    /// <summary>Runs every block once; the first exception ends the work and is thrown.</summary>
    /// <param name="blocks">Number of blocks of each item.</param>
    /// <param name="workers">Most blocks at a time.</param>
    /// <param name="run">Does a block of an item.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static void Run(ReadOnlySpan<int> blocks, int workers, Action<int, int> run, CancellationToken cancellationToken)
    {
        int[] ends = new int[blocks.Length];
        int total = 0;
        for (int item = 0; item < blocks.Length; item++)
        {
            ends[item] = total = checked(total + blocks[item]);
        }

        ParallelWork.Run(
            total,
            workers,
            number =>
            {
                int found = Array.BinarySearch(ends, number + 1);
                int item = found < 0 ? ~found : found;

                // Items without blocks end where the one before them does.
                while (item > 0 && ends[item - 1] > number)
                {
                    item--;
                }

                run(item, number - (item == 0 ? 0 : ends[item - 1]));
            },
            cancellationToken);
    }
}
