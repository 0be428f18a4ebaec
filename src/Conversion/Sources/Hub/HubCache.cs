namespace Transfuse.Conversion.Sources.Hub;

/// <summary>
/// The cache, laid out as huggingface_hub has it, so that both share one: <c>models--OWNER--NAME/</c> with <c>blobs/ETAG</c>, <c>snapshots/COMMIT/FILE</c> (a
/// relative link to the blob, or a copy where links fail), <c>refs/REVISION</c> (the commit), and locks in <c>.locks/models--OWNER--NAME/ETAG.lock</c>; the
/// cache itself is tagged with <c>CACHEDIR.TAG</c>, so that backups leave it out (huggingface_hub 1.29, file_download.py).
/// </summary>
/// <param name="root">The cache's folder.</param>
/// <param name="repository">The repository, as <c>owner/name</c>.</param>
internal sealed class HubCache(string root, string repository)
{
    private const int CommitDigits = 40;
    private const string Tag = "CACHEDIR.TAG";

    // The signature is that of the Cache Directory Tagging Specification.
    private const string TagText = "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache of models: what is deleted is fetched again.\n";

    private readonly string _name = "models--" + repository.Replace("/", "--", StringComparison.Ordinal);

    private string Folder => Path.Combine(root, _name);

    /// <summary>Whether a revision is a commit itself.</summary>
    public static bool IsCommit(string revision) => revision.Length == CommitDigits && revision.All(char.IsAsciiHexDigitLower);

    public string Snapshot(string commit) => Path.Combine(Folder, "snapshots", commit);

    public string Blob(string etag) => Path.Combine(Folder, "blobs", etag);

    /// <summary>The part of a blob that has come so far.</summary>
    public string Incomplete(string etag) => Blob(etag) + ".incomplete";

    /// <summary>The commit that a revision was at when it was last asked for; <see langword="null"/> where it never was.</summary>
    public string? CommitOf(string revision)
    {
        if (IsCommit(revision))
        {
            return revision;
        }

        string path = Path.Combine(Folder, "refs", revision);
        return File.Exists(path) && File.ReadAllText(path).Trim() is var commit && IsCommit(commit) ? commit : null;
    }

    public void SetCommit(string revision, string commit)
    {
        if (IsCommit(revision))
        {
            return;
        }

        string path = Path.Combine(Folder, "refs", revision);
        try
        {
            if (CommitOf(revision) != commit)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                string beside = $"{path}.{Guid.NewGuid():n}";
                File.WriteAllText(beside, commit);
                File.Move(beside, path, overwrite: true);
            }
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            // A cache that may only be read may have all files of the commit; where it lacks one, to bring that says why it cannot.
        }
    }

    /// <summary>Makes the place for blobs, and tags the cache where it is new.</summary>
    /// <exception cref="IOException">The operating system failed.</exception>
    public void Prepare()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "blobs"));
        string tag = Path.Combine(root, Tag);
        try
        {
            if (!File.Exists(tag))
            {
                File.WriteAllText(tag, TagText);
            }
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            // Another process writes it, or nobody may: it is for backups alone.
        }
    }

    public string? Find(string commit, string file) => Path.Combine(Snapshot(commit), file) is var path && File.Exists(path) ? path : null;

    /// <summary>Shows a blob as a file of a commit.</summary>
    public void Link(string commit, string file, string etag)
    {
        string path = Path.Combine(Snapshot(commit), file);
        if (File.Exists(path))
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string target = Path.Combine([.. Enumerable.Repeat("..", file.Split('/').Length + 1), "blobs", etag]);
        try
        {
            // A link that leads nowhere stands in the way of a new one.
            File.Delete(path);
            File.CreateSymbolicLink(path, target);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            if (!File.Exists(path))
            {
                File.Copy(Blob(etag), path, overwrite: true);
            }
        }
    }

    /// <summary>Waits until no other process downloads a blob. The lock is huggingface_hub's own: <c>flock</c> of the same file.</summary>
    public FileStream Lock(string etag, CancellationToken cancellationToken)
    {
        string path = Path.Combine(root, ".locks", _name, etag + ".lock");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                cancellationToken.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(100));
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }
}
