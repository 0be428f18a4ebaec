using Transfuse.Conversion.Batch.Journal;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Sources.Faults;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Batch.Outputs;

/// <summary>
/// The output folder of one input of a batch: hashed as it is written. Where the folder is there already and may not be replaced, what would be written is
/// compared with it instead, and the folder is taken as done if it is the same: so a run goes on where one was ended between an output and its line in the
/// journal, and two runs to one output agree.
/// </summary>
internal sealed class BatchFolderSink : IAdapterSink
{
    private readonly string _path;
    private readonly IAdapterSink _folder;
    private readonly Dictionary<string, HashingByteSink> _written = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ComparingByteSink> _compared = new(StringComparer.Ordinal);
    private OutputTakenException? _taken;

    /// <summary>An output folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="options">Whether it may be replaced, and what else must outlive it.</param>
    /// <param name="task">The input in work: it receives the hashes of what was written.</param>
    public BatchFolderSink(string path, AtomicFolderOptions options, BatchTask task)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(task);
        _path = path;
        Task = task;
        _folder = AdapterSink.Folder(path, options with { Overwrite = options.Overwrite || task.MayReplace }, task.Retries);
    }

    /// <summary>Whether the output was there already, byte for byte.</summary>
    public bool IsAdopted { get; private set; }

    /// <inheritdoc />
    public IReadOnlyList<FolderRecovery> Recoveries => _folder.Recoveries;

    private BatchTask Task { get; }

    /// <inheritdoc />
    public void Begin(AdapterInputs inputs)
    {
        try
        {
            _folder.Begin(inputs);
        }
        catch (OutputTakenException taken) when (FileStatus.Of(_path).Kind == EntryKind.Folder)
        {
            _taken = taken;
        }
        catch (DirectoryNotFoundException gone)
        {
            // A neighbour that was refused has taken its parents away, which were empty, as this one was about to use them.
            throw new TransientFaultException(gone.Message, gone);
        }
    }

    /// <inheritdoc />
    public bool Keeps(string fileName, IByteSource wanted, out bool isEqual)
    {
        isEqual = false;
        return _taken is null && _folder.Keeps(fileName, wanted, out isEqual);
    }

    /// <inheritdoc />
    public IByteSink Create(string fileName, UnixFileMode? permissions)
    {
        if (_taken is not null)
        {
            return _compared[fileName] = new ComparingByteSink(Path.Combine(_path, fileName));
        }

        return _written[fileName] = new HashingByteSink(_folder.Create(fileName, permissions));
    }

    /// <inheritdoc />
    public void Commit()
    {
        if (_taken is not null)
        {
            Adopt();
            return;
        }

        try
        {
            _folder.Commit();
        }
        catch (OutputTakenException taken) when (!Directory.Exists(_path) || FileStatus.Of(_path).Kind == EntryKind.Folder)
        {
            // Another process was first. Asked again, what it made is compared.
            throw new TransientFaultException(taken.Message, taken);
        }

        Task.Outputs = [.. _written.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => Stamp(file.Key, file.Value.Hash))];
    }

    /// <inheritdoc />
    public void Dispose() => _folder.Dispose();

    private void Adopt()
    {
        bool isOther = _compared.Values.Any(file => !file.IsEqual)
            || Directory.EnumerateFiles(_path).Any(file => AdapterFiles.AreReplaced(Path.GetFileName(file)) && !_compared.ContainsKey(Path.GetFileName(file)));
        if (isOther)
        {
            throw _taken!;
        }

        IsAdopted = true;
        Task.Outputs = [.. _compared.Keys.Order(StringComparer.Ordinal).Select(name => Stamp(name, null))];
    }

    private FileStamp Stamp(string name, string? hash)
    {
        string path = Path.Combine(_path, name);
        if (hash is null)
        {
            return InputFiles.Stamp(name, path);
        }

        var info = new FileInfo(path);
        return new FileStamp(name, info.Length, info.LastWriteTimeUtc.Ticks, hash);
    }
}
