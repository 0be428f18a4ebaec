using Transfuse.Conversion.Sinks;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Tests.Support;

/// <summary>A sink in memory whose disk is full after so many bytes.</summary>
public sealed class FaultingSink(long room) : IAdapterSink
{
    private long _room = room;

    public bool IsCommitted { get; private set; }

    public bool IsDisposed { get; private set; }

    public void Begin(AdapterInputs inputs)
    {
    }

    public IByteSink Create(string fileName, UnixFileMode? permissions) => new FaultingFile(this);

    public void Commit() => IsCommitted = true;

    public void Dispose() => IsDisposed = true;

    private sealed class FaultingFile(FaultingSink sink) : IByteSink
    {
        public void SetLength(long length)
        {
        }

        public void Write(long position, ReadOnlySpan<byte> bytes)
        {
            if (Interlocked.Add(ref sink._room, -bytes.Length) < 0)
            {
                throw new IOException("No space left on device");
            }
        }

        public void Dispose()
        {
        }
    }
}
