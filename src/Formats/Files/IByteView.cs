namespace Transfuse.Formats.Files;

/// <summary>Bytes that lie in memory as they are, so that what only looks at them need not copy them.</summary>
internal interface IByteView : IByteSource
{
    /// <summary>Some of the bytes, until the source is disposed.</summary>
    /// <exception cref="EndOfStreamException">The source ends earlier.</exception>
    /// <exception cref="ObjectDisposedException">The source was disposed.</exception>
    ReadOnlySpan<byte> View(long position, int length);
}
