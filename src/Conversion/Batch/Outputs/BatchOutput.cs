using Transfuse.Conversion.Sinks;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Batch.Outputs;

/// <summary>Where the outputs of a batch go: each into a folder of its input's name.</summary>
/// <seealso cref="Transfuse.Conversion.Batch.BatchWork" />
public sealed class BatchOutput
{
    private readonly IReadOnlyList<BatchInput> _inputs;
    private readonly AtomicFolderOptions _options;
    private readonly bool _adopts;
    private readonly Lazy<Dictionary<string, List<string>>> _places;

    /// <summary>An output folder for some inputs.</summary>
    /// <param name="folder">The folder, for one input without a name; else the parent of the folders.</param>
    /// <param name="inputs">All inputs of the batch: an output must not take one of them away.</param>
    /// <param name="options">How folders are put into place; <see langword="null"/> for the defaults.</param>
    /// <param name="adopts">
    /// Whether an output that is there already, with the very bytes that would be written, counts as written. Default: no, it is refused.
    /// </param>
    public BatchOutput(string folder, IReadOnlyList<BatchInput> inputs, AtomicFolderOptions? options = null, bool adopts = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(inputs);
        (Folder, _inputs, _adopts) = (folder, inputs, adopts);
        options ??= new AtomicFolderOptions();
        _options = options with { Scan = options.Scan ?? new WorkFolderScan() };
        _places = new(Places);
    }

    /// <summary>The folder, or the parent of the folders.</summary>
    public string Folder { get; }

    /// <summary>The output folder of an input.</summary>
    public string PathOf(BatchInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Path.Combine(Folder, input.Name);
    }

    /// <summary>The output folder of an input as a sink.</summary>
    public IAdapterSink Open(BatchTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        string path = PathOf(task.Input);
        AtomicFolderOptions options = _options with
        {
            Inputs = [.. _options.Inputs, .. Others(path, task.Input)],
            Share = IsChild(task.Input) ? task.Share : null,
        };
        return _adopts ? new BatchFolderSink(path, options, task) : AdapterSink.Folder(path, options, task.Retries);
    }

    // What a run leaves in other folders, only one that writes there again would find.
    private static bool IsChild(BatchInput input) => input.Name.Length > 0 && !input.Name.Contains('/');

    // A place that is not there holds nothing. Of one that is, the identity tells which inputs it is or holds, however many there are.
    private string[] Others(string path, BatchInput input) =>
        _inputs.Count > 1 && FileStatus.OfTarget(path).Identity is { } identity && _places.Value.TryGetValue(identity, out List<string>? held)
            ? [.. held.Where(other => other != input.Path)]
            : [];

    // Identities of the folders that inputs are or lie in, and of those that their links lead into, each with at most two inputs: one may be the output's own.
    private Dictionary<string, List<string>> Places()
    {
        var places = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var identities = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (BatchInput input in _inputs)
        {
            string real = FileStatus.RealPath(input.Path);
            Add(real, input.Path);
            if (Directory.Exists(real))
            {
                foreach (string link in Directory.EnumerateFileSystemEntries(real).Where(path => FileStatus.Of(path).Kind == EntryKind.Link))
                {
                    Add(FileStatus.RealPath(link), input.Path);
                }
            }
        }

        return places;

        void Add(string real, string input)
        {
            for (string? part = real; part is not null; part = Path.GetDirectoryName(part))
            {
                if (!identities.TryGetValue(part, out string? identity))
                {
                    identities[part] = identity = FileStatus.OfTarget(part).Identity;
                }

                if (identity is null)
                {
                    continue;
                }

                if (!places.TryGetValue(identity, out List<string>? held))
                {
                    places[identity] = held = [];
                }

                if (held.Count < 2 && !held.Contains(input))
                {
                    held.Add(input);
                }
            }
        }
    }
}
