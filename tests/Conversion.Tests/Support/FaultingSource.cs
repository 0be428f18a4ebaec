using System.Collections.Immutable;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Tests.Support;

/// <summary>A source each of whose files fails so many times before it can be read.</summary>
public sealed class FaultingSource(IAdapterSource source, int times, Func<Exception> failure) : IAdapterSource
{
    private readonly Dictionary<string, int> _left = [];

    public string Name => source.Name;

    public ImmutableArray<string> FileNames => source.FileNames;

    public ImmutableArray<string> NestedAdapters => source.NestedAdapters;

    public IByteSource Open(string fileName)
    {
        _left.TryAdd(fileName, times);
        return new File(this, fileName, source.Open(fileName));
    }

    public IAdapterSource OpenNested(string folderName) => source.OpenNested(folderName);

    public void Dispose() => source.Dispose();

    private sealed class File(FaultingSource owner, string name, IByteSource file) : IByteSource
    {
        public string Name => file.Name;

        public long Length => file.Length;

        public void Read(long position, Span<byte> destination)
        {
            if (owner._left[name]-- > 0)
            {
                throw owner.Failure();
            }

            file.Read(position, destination);
        }

        public void Dispose() => file.Dispose();
    }

    private Exception Failure() => failure();
}
