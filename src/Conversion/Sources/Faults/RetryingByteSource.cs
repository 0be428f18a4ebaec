using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sources.Faults;

/// <summary>Bytes whose source is asked again, and opened anew, where a read failed for a moment.</summary>
internal sealed class RetryingByteSource : IByteSource
{
    private readonly Func<IByteSource> _open;
    private readonly FaultPipeline _pipeline;
    private readonly RetryLog? _log;
    private readonly Lock _gate = new();
    private readonly List<IByteSource> _before = [];
    private IByteSource _source;

    /// <param name="subject">What to call it in the log.</param>
    /// <param name="open">Opens it.</param>
    /// <param name="pipeline">How it is repeated.</param>
    /// <param name="log">Told of repetitions.</param>
    public RetryingByteSource(string subject, Func<IByteSource> open, FaultPipeline pipeline, RetryLog? log)
    {
        (_open, _pipeline, _log) = (open, pipeline, log);
        try
        {
            _source = open();
        }
        catch (Exception failed) when (FaultPolicy.IsTransient(failed))
        {
            _source = pipeline.Run(subject, log, _ => open(), failed);
        }

        Length = _source.Length;
    }

    public string Name => _source.Name;

    public long Length { get; }

    public void Read(long position, Span<byte> destination)
    {
        Exception first;
        try
        {
            Volatile.Read(ref _source).Read(position, destination);
            return;
        }
        catch (Exception failed) when (FaultPolicy.IsTransient(failed))
        {
            first = failed;
        }

        byte[] bytes = new byte[destination.Length];
        _pipeline.Run(Name, _log, _ => ReadAnew(position, bytes), first);
        bytes.CopyTo(destination);
    }

    public void Dispose()
    {
        _source.Dispose();
        _before.ForEach(source => source.Dispose());
    }

    // A handle that the server has forgotten stays useless. Others may still read through it, so it is closed at the end.
    private bool ReadAnew(long position, byte[] destination)
    {
        IByteSource fresh = _open();
        lock (_gate)
        {
            _before.Add(_source);
            _source = fresh;
        }

        if (fresh.Length != Length)
        {
            throw new EndOfStreamException($"{Name} had {Length} bytes when it was opened, and has {fresh.Length} now.");
        }

        fresh.Read(position, destination);
        return true;
    }
}
