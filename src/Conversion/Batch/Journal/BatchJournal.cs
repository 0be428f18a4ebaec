using System.Collections.Immutable;
using System.Reflection;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Sources.Faults;
using Transfuse.Conversion.Sources.Hub;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Batch.Journal;

/// <summary>
/// What was done in an output folder: lines of JSON that are only ever added, one file for each process, read together. An input is done where a line says so
/// with the same options and version, and neither its files nor its outputs have changed since.
/// </summary>
/// <example>
/// <code>
/// using BatchJournal journal = BatchJournal.Open("converted", new JournalOptions { Verb = "convert", Asked = "mlx-lm", Output = "converted" });
/// IReadOnlyList&lt;BatchInput&gt; inputs = InputDiscovery.Find(["runs/**"]).Inputs;
/// BatchSummary summary = AdapterBatch.Of(inputs)
///     .WithOptions(new BatchOptions { Journal = journal })
///     .Run(BatchWork.Convert(TargetProfile.MlxLm, new BatchOutput("converted", inputs)), cancellationToken);
/// </code>
/// </example>
public sealed class BatchJournal : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, JournalEntry> _ends = new(StringComparer.Ordinal);
    private readonly HashSet<string> _begun = new(StringComparer.Ordinal);
    private readonly JournalOptions _options;
    private readonly string _key;
    private JournalEntry? _pending;
    private FileStream? _file;

    private BatchJournal(string folder, JournalOptions options)
    {
        Folder = folder;
        _options = options;
        _key = FileHash.OfText(options.Asked);
        int damaged = 0;
        foreach (string path in JournalFolder.Files(folder))
        {
            damaged += JournalFolder.Read(path, Take);
        }

        Findings = damaged == 0 ? []
            : [BatchCodes.JournalDamaged.At(folder, $"{damaged} {(damaged == 1 ? "line" : "lines")} of its journals could not be read")];
    }

    /// <summary>The version of Transfuse that lines are of.</summary>
    public static string Version { get; } =
        typeof(BatchJournal).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>The output folder.</summary>
    public string Folder { get; }

    /// <summary>The folder that outputs lie in, each by its name; <see langword="null"/> where the verb writes none.</summary>
    internal string? Output => _options.Output;

    /// <summary>What was wrong with the journals that were there.</summary>
    public ImmutableArray<Finding> Findings { get; }

    /// <summary>Reads the journals of an output folder. Nothing is written before there is something to write.</summary>
    /// <param name="folder">The output folder; it need not exist yet.</param>
    /// <param name="options">What is asked for.</param>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static BatchJournal Open(string folder, JournalOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(options);
        return new BatchJournal(folder, options);
    }

    /// <summary>
    /// Says that this process begins on some inputs, so that a report over shards knows of those that were never come to. A run that is not divided and finds
    /// everything done leaves no line.
    /// </summary>
    /// <param name="shard">Which shard it is, as <c>2/8</c>; <see langword="null"/> where the inputs are not divided.</param>
    /// <param name="inputs">The inputs of this process.</param>
    /// <param name="all">The inputs of all shards.</param>
    /// <exception cref="IOException">The operating system failed.</exception>
    internal void Begin(string? shard, IReadOnlyList<BatchInput> inputs, IReadOnlyList<BatchInput> all)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(all);
        _pending = Line("run") with
        {
            Shard = shard,
            Count = all.Count,
            List = FileHash.OfText(string.Join('\n', all.Select(KeyOf).Order(StringComparer.Ordinal))),
            Names = [.. inputs.Select(KeyOf)],
        };
        if (shard is not null)
        {
            Flush();
        }
    }

    /// <summary>What the journals know of an input. Reads its files where they cannot be known by size and time.</summary>
    /// <param name="input">The input.</param>
    /// <param name="retries">Told of what had to be tried again; <see langword="null"/> for nobody.</param>
    /// <exception cref="IOException">The operating system failed.</exception>
    internal JournalLookup Find(BatchInput input, RetryLog? retries = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        string key = KeyOf(input);
        JournalEntry? end;
        bool wasBegun;
        lock (_gate)
        {
            end = _ends.GetValueOrDefault(key);
            wasBegun = _begun.Contains(key);
        }

        IReadOnlyDictionary<string, string> files = InputFiles.Of(LocalPath(input, retries), _options.TakesAllFiles);
        bool hasOutput = _options.Output is not null;
        bool isOutputOurs = hasOutput && ((end is not null && AreThere(end, input)) || (wasBegun && _options.TrustsBegun));
        if (end is { Verdict: "done" } && end.Options == _key && end.Version == Version
            && (!hasOutput || isOutputOurs)
            && InputFiles.AreUnchanged(end.Files ?? [], files, StampedAt(end)))
        {
            return new JournalLookup(end, isOutputOurs, end.Files ?? []);
        }

        // What is changed in place is read from the disk, where it changes.
        HeldFiles? held = _options.IsInPlace ? null : new HeldFiles();
        try
        {
            ImmutableArray<FileStamp> stamps = InputFiles.Stamp(files, held);

            // A config that is held beside weights that are read again later could be of another time than these.
            if (held is { IsWhole: false })
            {
                held.Dispose();
                held = null;
            }

            return new JournalLookup(null, isOutputOurs, stamps) { Held = held };
        }
        catch
        {
            held?.Dispose();
            throw;
        }
    }

    // The line was written when the work was done; its files were read before that.
    private static long StampedAt(JournalEntry end) => end.Time - (long)((end.Seconds ?? 0) * TimeSpan.TicksPerSecond);

    /// <summary>Notes that an input begins whose output the journal could not otherwise know again.</summary>
    /// <exception cref="IOException">The operating system failed.</exception>
    internal void Begin(BatchInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Write(Line("begin") with { Input = PathOf(input), Name = KeyOf(input) });
    }

    /// <summary>Notes what came of an input. What is in the journal survives the process.</summary>
    /// <param name="outcome">What came of it.</param>
    /// <param name="files">Its files as they were before.</param>
    /// <param name="elapsed">How long it took.</param>
    /// <exception cref="IOException">The operating system failed.</exception>
    internal void Append(BatchOutcome outcome, ImmutableArray<FileStamp> files, TimeSpan elapsed)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        Write(Line("end") with
        {
            Input = PathOf(outcome.Input),
            Name = KeyOf(outcome.Input),
            Verdict = outcome.Verdict switch { BatchVerdict.Done => "done", BatchVerdict.Failed => "failed", _ => "refused" },
            Action = outcome.Action,
            Findings = [.. outcome.Findings.Select(JournalFinding.Of)],
            Failure = outcome.Failure,
            Files = _options.IsInPlace && outcome.Verdict == BatchVerdict.Done ? InputFiles.Stamp(InputFiles.Of(outcome.Input.Path, _options.TakesAllFiles))
                : files,
            Outputs = outcome.Outputs,
            Seconds = Math.Round(elapsed.TotalSeconds, 6),
        });
    }

    /// <inheritdoc />
    public void Dispose() => _file?.Dispose();

    // By the output where there is one: another spelling of the input's path makes the same.
    private string KeyOf(BatchInput input) => _options.Output is not null ? input.Name : PathOf(input);

    private static string PathOf(BatchInput input) => HubId.IsId(input.Path) ? input.Path : Path.GetFullPath(input.Path);

    // What an id of a hub leads to now: it is asked each time, so that a new revision is seen.
    private string LocalPath(BatchInput input, RetryLog? retries) =>
        HubId.Parse(input.Path) is { } id ? HubFolders.Fetch(id, retries, _options.TakesAllFiles) : input.Path;

    private void Take(JournalEntry entry)
    {
        if (entry.Verb != _options.Verb || entry.Name is null)
        {
            return;
        }

        if (entry.Kind == "end")
        {
            if (!_ends.TryGetValue(entry.Name, out JournalEntry? known) || known.Time <= entry.Time)
            {
                _ends[entry.Name] = entry;
            }
        }
        else if (entry.Kind == "begin")
        {
            _begun.Add(entry.Name);
        }
    }

    private bool AreThere(JournalEntry end, BatchInput input) =>
        end.Outputs is { } outputs && outputs.Length > 0
            && InputFiles.AreUnchanged(outputs, outputs.ToDictionary(file => file.Name, file => Path.Combine(_options.Output!, input.Name, file.Name)), null);

    private JournalEntry Line(string kind) => new() { Kind = kind, Time = DateTime.UtcNow.Ticks, Verb = _options.Verb, Version = Version, Options = _key };

    private void Write(JournalEntry entry)
    {
        byte[] line = JournalJson.Line(entry);
        lock (_gate)
        {
            Flush();
            Write(line);
        }
    }

    private void Flush()
    {
        lock (_gate)
        {
            if (_pending is { } run)
            {
                _pending = null;
                Write(JournalJson.Line(run));
            }
        }
    }

    // One write for one line, at the end of a file that no other process writes.
    private void Write(byte[] line)
    {
        _file ??= Create();
        _file.Write(line);
        if (_options.IsDurable)
        {
            _file.Flush(flushToDisk: true);
        }
    }

    private FileStream Create()
    {
        Directory.CreateDirectory(Folder);
        return new FileStream(
            Path.Combine(Folder, JournalFolder.NewName(DateTime.UtcNow)), FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }
}
