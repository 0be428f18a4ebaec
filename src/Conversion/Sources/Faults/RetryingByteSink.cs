using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sources.Faults;

/// <summary>Bytes that are written again, to the same position, where a write failed for a moment.</summary>
/// <param name="subject">What to call it in the log.</param>
/// <param name="sink">Where they go.</param>
/// <param name="pipeline">How it is repeated.</param>
/// <param name="log">Told of repetitions.</param>
internal sealed class RetryingByteSink(string subject, IByteSink sink, FaultPipeline pipeline, RetryLog? log) : IByteSink
{
    public void SetLength(long length)
    {
        try
        {
            sink.SetLength(length);
        }
        catch (Exception failed) when (FaultPolicy.IsTransient(failed))
        {
            pipeline.Run(subject, log, _ => { sink.SetLength(length); return true; }, failed);
        }
    }

    public void Write(long position, ReadOnlySpan<byte> bytes)
    {
        try
        {
            sink.Write(position, bytes);
        }
        catch (Exception failed) when (FaultPolicy.IsTransient(failed))
        {
            byte[] copy = bytes.ToArray();
            pipeline.Run(subject, log, _ => { sink.Write(position, copy); return true; }, failed);
        }
    }

    public void Dispose() => sink.Dispose();
}
