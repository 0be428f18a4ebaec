using System.Collections.Concurrent;
using Transfuse.Formats.Files.Atomic;

namespace Transfuse.Formats.Files;

/// <summary>
/// The work folders that lay beside outputs when the first of them was begun. Thousands of outputs into one folder share one, so that each does not list the
/// thousands that are there already. What a process leaves after that, the next run finds. Safe for concurrent use.
/// </summary>
/// <seealso cref="AtomicFolderOptions.Scan"/>
internal sealed class WorkFolderScan
{
    private readonly ConcurrentDictionary<string, IReadOnlyList<string>> _found = new(StringComparer.Ordinal);

    /// <summary>Full paths of the work folders of a place that are still there.</summary>
    internal IEnumerable<string> FoldersOf(WorkPlace place, IFileOperations operations) =>
        _found.GetOrAdd(place.Parent, parent => operations.FoldersIn(parent, "."))
            .Where(path => Path.GetFileName(path).StartsWith(place.Prefix, StringComparison.Ordinal) && operations.KindOf(path) == EntryKind.Folder);
}
