using System.Collections.Immutable;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Readers;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Checking;

/// <summary>
/// The files of a folder that several readers are held before: each is read once, however many readers look at it, and stays open until all have. What went
/// wrong while a file was read is told to every reader that looks at it.
/// </summary>
/// <param name="source">The files; the caller keeps it.</param>
/// <param name="baseModel">The base, where it was given.</param>
internal sealed class CheckedFiles(IAdapterSource source, BaseModel? baseModel) : IReaderFiles, IDisposable
{
    private readonly Dictionary<(string FileName, bool IsLenient), Reading<JsonObject>> _documents = [];
    private readonly Dictionary<(string FileName, bool IsLenient), Reading<ITensorContainer>> _containers = [];
    private readonly Dictionary<string, bool> _marks = new(StringComparer.Ordinal);
    private readonly List<IDisposable> _opened = [];
    private (BaseWeights? Weights, string? WhyNot)? _baseWeights;

    /// <inheritdoc />
    public ImmutableArray<string> FileNames { get; } = source.FileNames;

    /// <inheritdoc />
    public bool HasByteOrderMark(string fileName)
    {
        if (!_marks.TryGetValue(fileName, out bool has))
        {
            _marks.Add(fileName, has = SourceFiles.HasByteOrderMark(source, fileName));
        }

        return has;
    }

    /// <inheritdoc />
    public JsonObject? ReadJson(string fileName, FindingLog log, Action<string>? takes) =>
        Read(_documents, fileName, log, takes, odd => SourceFiles.ReadJson(source, fileName, odd));

    /// <inheritdoc />
    public ITensorContainer? OpenWeights(string fileName, FindingLog log, Action<string>? takes) =>
        Read(_containers, fileName, log, takes, odd => SourceFiles.OpenWeights(source, fileName, odd));

    /// <inheritdoc />
    public (BaseWeights? Weights, string? WhyNot) BaseWeights => _baseWeights ??= OpenBaseWeights();

    public void Dispose()
    {
        foreach (IDisposable opened in _opened)
        {
            opened.Dispose();
        }
    }

    private T? Read<T>(
        Dictionary<(string FileName, bool IsLenient), Reading<T>> made, string fileName, FindingLog log, Action<string>? takes,
        Func<Action<string>?, Judged<T?>> read)
        where T : class
    {
        bool isLenient = takes is not null;
        if (!made.TryGetValue((fileName, isLenient), out Reading<T>? reading))
        {
            var oddities = new List<string>();
            (T? value, ImmutableArray<Finding> findings) = read(isLenient ? oddities.Add : null);
            Keep(value as IDisposable);
            reading = new Reading<T>(value, findings, [.. oddities]);
            made.Add((fileName, isLenient), reading);
            if (findings is [] && oddities is [])
            {
                // Nothing is odd about it, so that strict and lenient readers have the same.
                made.TryAdd((fileName, !isLenient), reading);
            }
        }

        log.AddRange(reading.Findings);
        foreach (string oddity in reading.Oddities)
        {
            takes?.Invoke(oddity);
        }

        return reading.Value;
    }

    private (BaseWeights? Weights, string? WhyNot) OpenBaseWeights()
    {
        try
        {
            return baseModel?.OpenWeights() is not { } weights ? (null, null)
                : Keep(weights).IsComplete ? (weights, null)
                : (null, "some of the files that its index names are missing");
        }
        catch (ContainerException broken)
        {
            return (null, broken.Detail);
        }
    }

    private T Keep<T>(T opened)
        where T : IDisposable?
    {
        if (opened is not null)
        {
            _opened.Add(opened);
        }

        return opened;
    }

    private sealed record Reading<T>(T? Value, ImmutableArray<Finding> Findings, ImmutableArray<string> Oddities)
        where T : class;
}
