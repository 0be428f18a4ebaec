using System.Collections.Concurrent;

namespace Transfuse.Conversion.Models.Architectures.Mapping;

/// <summary>
/// Answers about paths, kept because the adapters of a batch name the same modules. No more is kept than a large model has modules, however many a stranger
/// names. Safe for concurrent use.
/// </summary>
/// <typeparam name="T">An answer; immutable.</typeparam>
internal sealed class PathMemo<T>
    where T : class
{
    private const int Most = 1 << 13;
    private const int LongestPath = 256;

    private readonly ConcurrentDictionary<string, T> _known = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>The answer for a path: the one that was given before, or a new one.</summary>
    /// <param name="path">The path.</param>
    /// <param name="answer">Finds it; the same for the same path, whenever it is asked.</param>
    /// <param name="isSmall">Whether an answer is small enough to be kept.</param>
    public T Of(string path, Func<string, T> answer, Func<T, bool> isSmall)
    {
        if (_known.TryGetValue(path, out T? known))
        {
            return known;
        }

        T found = answer(path);
        if (path.Length <= LongestPath && isSmall(found) && Volatile.Read(ref _count) < Most && _known.TryAdd(path, found))
        {
            Interlocked.Increment(ref _count);
        }

        return found;
    }
}
