using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Models.Bases;

/// <summary>A file that is open only while it is lent, and is opened again where it is read after that. Safe for concurrent reads.</summary>
internal sealed class LeasedByteSource : IByteSource
{
    private readonly Lock _gate = new();
    private readonly Func<IByteSource> _open;
    private readonly DateTime? _modified;
    private IByteSource? _opened;
    private bool _isLent = true;

    /// <summary>Opens a file and lends it.</summary>
    /// <param name="open">Opens it.</param>
    public LeasedByteSource(Func<IByteSource> open)
    {
        _open = open;
        _opened = open();
        (Name, Length, _modified) = (_opened.Name, _opened.Length, ModifiedOf(_opened));
    }

    public string Name { get; }

    public long Length { get; }

    public void Read(long position, Span<byte> destination) => Opened().Read(position, destination);

    /// <summary>Lets it be read again.</summary>
    public void Lend()
    {
        lock (_gate)
        {
            _isLent = true;
        }
    }

    /// <summary>Closes it until it is lent again.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isLent = false;
            _opened?.Dispose();
            _opened = null;
        }
    }

    private IByteSource Opened()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(!_isLent, this);
            if (_opened is { } opened)
            {
                return opened;
            }

            IByteSource fresh = _open();
            if (fresh.Length != Length || IsOther(ModifiedOf(fresh)))
            {
                using (fresh)
                {
                    throw new IOException(fresh.Length != Length
                        ? $"{Name} was changed after its header was read: it had {Length} bytes, and has {fresh.Length} now."
                        : $"{Name} was changed after its header was read: it was written at {_modified:O}, and is of {ModifiedOf(fresh):O} now.");
                }
            }

            return _opened = fresh;
        }
    }

    // What was read from a hub may lie in the cache by now; a commit never changes.
    private bool IsOther(DateTime? modified) => modified is { } now && _modified is { } then && now != then;

    private static DateTime? ModifiedOf(IByteSource source) => (source as FileByteSource)?.Modified;
}
