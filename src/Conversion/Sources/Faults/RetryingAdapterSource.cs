using System.Collections.Immutable;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sources.Faults;

/// <summary>A source of any kind that is asked again where it failed for a moment.</summary>
/// <param name="source">The source, which this one owns.</param>
/// <param name="options">How often; <see langword="null"/> for <see cref="FaultOptions.Files"/>.</param>
/// <param name="log">Told of repetitions; <see langword="null"/> for nobody.</param>
internal sealed class RetryingAdapterSource(IAdapterSource source, FaultOptions? options = null, RetryLog? log = null) : IAdapterSource, INestedSource
{
    private readonly FaultPipeline _pipeline = options is null ? FaultPipeline.Files : new FaultPipeline(options);
    private readonly List<IDisposable> _opened = [];

    /// <inheritdoc />
    public string Name => source.Name;

    /// <inheritdoc />
    public ImmutableArray<string> FileNames => _pipeline.Run(source.Name, log, _ => source.FileNames);

    /// <inheritdoc />
    public ImmutableArray<string> NestedAdapters => _pipeline.Run(source.Name, log, _ => source.NestedAdapters);

    /// <inheritdoc />
    public ImmutableArray<string> UnreadableFolders => source.UnreadableFolders;

    /// <inheritdoc />
    public bool IsUnfinished => source.IsUnfinished;

    /// <inheritdoc />
    public IByteSource Open(string fileName)
    {
        var file = new RetryingByteSource($"{source.Name}/{fileName}", () => source.Open(fileName), _pipeline, log);
        _opened.Add(file);
        return file;
    }

    /// <inheritdoc />
    public UnixFileMode? Permissions(string fileName) => source.Permissions(fileName);

    /// <inheritdoc />
    public string? WhyLeftOut(string fileName) => source.WhyLeftOut(fileName);

    /// <inheritdoc />
    public IAdapterSource OpenNested(string folderName) => Wrap(source.OpenNested(folderName));

    IAdapterSource? INestedSource.OpenParent() => (source as INestedSource)?.OpenParent() is { } parent ? Wrap(parent) : null;

    /// <inheritdoc />
    public void Dispose()
    {
        _opened.ForEach(file => file.Dispose());
        source.Dispose();
    }

    private RetryingAdapterSource Wrap(IAdapterSource other) => new(other, options, log);
}
