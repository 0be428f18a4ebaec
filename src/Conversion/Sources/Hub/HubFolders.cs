using System.Text;
using Transfuse.Conversion.Sources.Faults;

namespace Transfuse.Conversion.Sources.Hub;

/// <summary>Brings what an id names into the cache, and gives the folder where it lies.</summary>
/// <example>
/// <code>
/// using var hub = new HubFolders(new HubSettings { Cache = "cache", IsOffline = true });
/// string folder = hub.FetchAdapter(HubId.Parse("hf:owner/name@main/style"), cancellationToken: cancellationToken);
/// using IAdapterSource fetched = AdapterSource.Open(folder);
/// </code>
/// </example>
public sealed class HubFolders : IDisposable
{
    private const int PointerBytes = 1024;
    private static readonly Lazy<HubFolders> Shared = new(() => new HubFolders(HubSettings.FromEnvironment(Environment.GetEnvironmentVariable)));
    private readonly HubClient _client;

    /// <summary>Folders of a hub.</summary>
    /// <param name="settings">Where the hub and its cache are.</param>
    public HubFolders(HubSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Settings = settings;
        _client = new HubClient(settings);
    }

    /// <summary>As the environment says.</summary>
    public static HubFolders FromEnvironment => Shared.Value;

    /// <summary>Where the hub and its cache are.</summary>
    public HubSettings Settings { get; }

    internal HubClient Client => _client;

    /// <summary>Brings an adapter as the environment says where. See <see cref="FetchAdapter(HubId, RetryLog, CancellationToken)"/>.</summary>
    /// <param name="id">The repository, and the folder in it.</param>
    /// <param name="log">Told of what was tried again; <see langword="null"/> for nobody.</param>
    /// <param name="takesAll">Whether the files beside it come too, as they do where they are copied with it.</param>
    internal static string Fetch(HubId id, RetryLog? log, bool takesAll) => FromEnvironment.FetchAdapter(id, takesAll, log);

    /// <summary>Brings an adapter's config and weights.</summary>
    /// <param name="id">The repository, and the folder in it.</param>
    /// <param name="log">Told of what was tried again; <see langword="null"/> for nobody.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="HubException">It cannot be had.</exception>
    /// <exception cref="IOException">The network or the disk failed.</exception>
    public string FetchAdapter(HubId id, RetryLog? log = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(id);
        return FetchAdapter(id, takesAll: false, log, cancellationToken);
    }

    /// <summary>
    /// Brings an adapter, and with it all files of its folder where they are wanted. See <see cref="FetchAdapter(HubId, RetryLog, CancellationToken)"/>.
    /// </summary>
    internal string FetchAdapter(HubId id, bool takesAll, RetryLog? log = null, CancellationToken cancellationToken = default) =>
        FetchFiles(id, files => takesAll ? WithFilesBeside(AdapterFilesOf(id, files), files) : AdapterFilesOf(id, files), log, cancellationToken);

    /// <summary>Brings a model: its weights too.</summary>
    /// <inheritdoc cref="FetchAdapter(HubId, RetryLog, CancellationToken)" />
    public string FetchModel(HubId id, RetryLog? log = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(id);
        return FetchFiles(id, files => [.. files.Where(file => IsIn(id, file) && (IsSafetensors(file) || IsSmall(file)))], log, cancellationToken);
    }

    /// <summary>The commit that an id is at.</summary>
    /// <inheritdoc cref="FetchAdapter(HubId, RetryLog, CancellationToken)" path="/exception" />
    public string CommitOf(HubId id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return Resolve(id, null).Id.Revision;
    }

    /// <summary>The commit of an id, its files, and the folder of those that are there: nothing is brought.</summary>
    internal (HubId Id, string[] Files, string Folder) Resolve(HubId id, RetryLog? log, CancellationToken cancellationToken = default)
    {
        var cache = new HubCache(Settings.Cache, id.Repository);
        if (Settings.IsOffline)
        {
            string known = cache.CommitOf(id.Revision) is { } noted && Directory.Exists(cache.Snapshot(noted))
                ? noted
                : throw new HubException(HubError.Offline, id.ToString(), "the cache does not hold it, and no network is to be used (HF_HUB_OFFLINE)");
            string snapshot = cache.Snapshot(known);
            string[] there = [.. Directory.EnumerateFiles(snapshot, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(snapshot, path).Replace('\\', '/'))];
            return (id with { Revision = known }, there, Path.Combine(snapshot, id.Folder));
        }

        (string commit, string[] files) = _client.List(id, log, cancellationToken);
        if (HubCache.IsCommit(id.Revision) && commit != id.Revision)
        {
            throw new HubException(HubError.Answer, id.ToString(), $"the hub answers for the commit {commit}");
        }

        cache.SetCommit(id.Revision, commit);
        return (id with { Revision = commit }, files, Path.Combine(cache.Snapshot(commit), id.Folder));
    }

    /// <summary>Brings one file of a commit.</summary>
    /// <returns>Its path.</returns>
    internal string Bring(HubId id, string file, RetryLog? log, CancellationToken cancellationToken = default)
    {
        var cache = new HubCache(Settings.Cache, id.Repository);
        if (cache.Find(id.Revision, file) is { } there)
        {
            return there;
        }

        if (Settings.IsOffline)
        {
            throw new HubException(HubError.Offline, $"{id.Repository}/{file}", "the cache does not hold it, and no network is to be used (HF_HUB_OFFLINE)");
        }

        HubFileInfo info = _client.Ask(id, file, log, cancellationToken);
        if (info.Commit != id.Revision)
        {
            throw new HubException(HubError.Answer, $"{id.Repository}/{file}", $"the hub answers for the commit {info.Commit}, not {id.Revision}");
        }

        cache.Prepare();
        using (cache.Lock(info.ETag, cancellationToken))
        {
            if (!File.Exists(cache.Blob(info.ETag)))
            {
                Download(cache, id, file, info, log, cancellationToken);
            }
        }

        cache.Link(id.Revision, file, info.ETag);
        return cache.Find(id.Revision, file) ?? throw new IOException($"'{Path.Combine(cache.Snapshot(id.Revision), file)}' could not be made.");
    }

    /// <inheritdoc />
    public void Dispose() => _client.Dispose();

    private static bool IsIn(HubId id, string file) => Within(id, file) is { } name && !name.Contains('/');

    private static string? Within(HubId id, string file) => id.Folder.Length == 0 ? file
        : file.StartsWith(id.Folder + "/", StringComparison.Ordinal) ? file[(id.Folder.Length + 1)..] : null;

    private static bool IsSafetensors(string file) => file.EndsWith(".safetensors", StringComparison.Ordinal);

    private static bool IsSmall(string file) => Path.GetExtension(file) is ".json" or ".txt" or ".model" or ".jinja" or ".md" or ".py" or ".tiktoken";

    // Those that a reader opens: one form of the weights, not each that is there; where the folder itself has none, those of the folders in it.
    private static string[] AdapterFilesOf(HubId id, string[] files)
    {
        string[] own = [.. files.Where(file => IsIn(id, file) && AdapterFiles.Marks(Path.GetFileName(file)))];
        bool hasSafetensors = own.Any(file => Path.GetFileName(file) is AdapterFiles.PeftWeights or AdapterFiles.MlxWeights);
        bool IsOther(string name) =>
            name is AdapterFiles.PeftPickle or AdapterFiles.PeftCheckpoint or AdapterFiles.MlxArchive || AdapterFiles.IsNumberedCheckpoint(name);
        if (own is not [])
        {
            string[] wanted = [.. own.Where(file => !hasSafetensors || !IsOther(Path.GetFileName(file)))];
            return wanted.Any(file => Path.GetFileName(file) != AdapterFiles.Config) ? wanted
                : [.. wanted, .. files.Where(file => IsIn(id, file) && AdapterFiles.MayBeWeights(Path.GetFileName(file)))];
        }

        string[] nested = [.. files.Where(file => Within(id, file)?.Split('/') is [_, var name] && AdapterFiles.Marks(name))];
        return nested is not [] ? nested : [.. files.Where(file => IsIn(id, file) && AdapterFiles.MayBeWeights(Path.GetFileName(file)))];
    }

    private static string[] WithFilesBeside(string[] wanted, string[] files)
    {
        HashSet<string> folders = [.. wanted.Select(FolderOf)];
        return [.. wanted, .. files.Where(file => folders.Contains(FolderOf(file))).Except(wanted)];

        static string FolderOf(string file) => file[..Math.Max(0, file.LastIndexOf('/'))];
    }

    private string FetchFiles(HubId id, Func<string[], string[]> choose, RetryLog? log, CancellationToken cancellationToken)
    {
        (HubId at, string[] files, string folder) = Resolve(id, log, cancellationToken);
        string[] wanted = choose(files);
        if (wanted is [])
        {
            throw new HubException(HubError.Missing, id.ToString(),
                files.Any(file => Within(id, file) is not null) ? "holds no weights of an adapter or model" : "has no such folder");
        }

        foreach (string file in wanted)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Bring(at, file, log, cancellationToken);
        }

        return folder;
    }

    private void Download(HubCache cache, HubId id, string file, HubFileInfo info, RetryLog? log, CancellationToken cancellationToken)
    {
        string incomplete = cache.Incomplete(info.ETag);
        bool isResumed = File.Exists(incomplete) && new FileInfo(incomplete).Length > 0;
        for (int attempt = 0; ; attempt++)
        {
            _client.Download(id, file, info, incomplete, log, cancellationToken);
            if (IsPointer(incomplete, file))
            {
                File.Delete(incomplete);
                throw new HubException(HubError.Pointer, $"{id.Repository}/{file}", "the hub sent the pointer of Git LFS, not the file");
            }

            if (BlobHash.Matches(incomplete, info.ETag))
            {
                File.Move(incomplete, cache.Blob(info.ETag), overwrite: true);
                return;
            }

            // What was begun by another run may be of something else; what is fetched anew and still wrong will stay so.
            long length = new FileInfo(incomplete).Length;
            File.Delete(incomplete);
            if (!isResumed || attempt > 0)
            {
                throw new HubException(HubError.Checksum, $"{id.Repository}/{file}", $"{length} bytes came whose hash is not {info.ETag}");
            }

            log?.Add($"{id.Repository}/{file}", "a download that was begun earlier did not have the right hash");
        }
    }

    private static bool IsPointer(string path, string file)
    {
        var info = new FileInfo(path);
        if (info.Length > PointerBytes || Path.GetExtension(file) is ".json" or ".md" or ".txt")
        {
            return false;
        }

        return Encoding.UTF8.GetString(File.ReadAllBytes(path)).StartsWith("version https://git-lfs.github.com/spec/", StringComparison.Ordinal);
    }
}
