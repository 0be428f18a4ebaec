using System.Collections.Concurrent;
using Transfuse.Conversion.Sources.Faults;
using Transfuse.Conversion.Sources.Hub;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Models.Bases;

/// <summary>The files of a model on a hub: weights are read in parts, as a header or a tensor is asked for; small files are brought into the cache.</summary>
/// <param name="folders">The hub and its cache.</param>
/// <param name="id">The repository, at a commit.</param>
/// <param name="files">The files of the whole repository.</param>
/// <param name="log">Told of what was tried again.</param>
internal sealed class HubBaseFiles(HubFolders folders, HubId id, IEnumerable<string> files, RetryLog? log) : IBaseFiles
{
    private readonly ConcurrentDictionary<string, HubByteSource> _opened = new(StringComparer.Ordinal);
    private readonly string _prefix = id.Folder.Length == 0 ? string.Empty : id.Folder + "/";

    public IReadOnlyCollection<string> Names { get; } =
    [
        .. files.Where(file => id.Folder.Length == 0 || file.StartsWith(id.Folder + "/", StringComparison.Ordinal))
            .Select(file => id.Folder.Length == 0 ? file : file[(id.Folder.Length + 1)..]).Where(file => !file.Contains('/')),
    ];

    /// <summary>How many bytes of weights came over the network.</summary>
    internal long Fetched => _opened.Values.Sum(file => file.Fetched);

    public IByteSource Open(string name)
    {
        string file = _prefix + name;
        var cache = new HubCache(folders.Settings.Cache, id.Repository);
        return cache.Find(id.Revision, file) is { } there ? new FileByteSource(there)
            : name.EndsWith(".safetensors", StringComparison.Ordinal) && !folders.Settings.IsOffline
                ? _opened.GetOrAdd(file, _ => new HubByteSource(folders.Client, id, file, log))
            : new FileByteSource(folders.Bring(id, file, log));
    }
}
