using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources.Faults;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Tests.Support;

/// <summary>A sink each of whose files fails so many times, in the middle of a write, before it can be written.</summary>
public sealed class BusySink(IAdapterSink sink, int times) : IAdapterSink
{
    public void Begin(AdapterInputs inputs) => sink.Begin(inputs);

    public IByteSink Create(string fileName, UnixFileMode? permissions) => new Busy(sink.Create(fileName, permissions), times);

    public void Commit() => sink.Commit();

    public void Dispose() => sink.Dispose();

    private sealed class Busy(IByteSink file, int times) : IByteSink
    {
        private int _left = times;

        public void SetLength(long length) => file.SetLength(length);

        public void Write(long position, ReadOnlySpan<byte> bytes)
        {
            if (Interlocked.Decrement(ref _left) >= 0)
            {
                file.Write(position, bytes[..(bytes.Length / 2)]);
                throw new TransientFaultException("Device or resource busy");
            }

            file.Write(position, bytes);
        }

        public void Dispose() => file.Dispose();
    }
}
