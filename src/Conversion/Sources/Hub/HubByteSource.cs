using Transfuse.Conversion.Sources.Faults;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sources.Hub;

/// <summary>A file on a hub, read in parts. Its beginning is kept, since every reader of safetensors asks for the header again.</summary>
internal sealed class HubByteSource : IByteSource
{
    // Headers of shards have some ten kilobytes; one part more is asked for where they have more.
    private const int FirstPart = 8 << 10;
    private const int LargestBeginning = 32 << 20;

    private readonly HubClient _client;
    private readonly HubId _id;
    private readonly string _file;
    private readonly RetryLog? _log;
    private readonly Lock _gate = new();
    private byte[] _beginning = [];

    /// <param name="client">Asks the hub.</param>
    /// <param name="id">The repository, at a commit.</param>
    /// <param name="file">The file.</param>
    /// <param name="log">Told of repetitions.</param>
    public HubByteSource(HubClient client, HubId id, string file, RetryLog? log)
    {
        (_client, _id, _file, _log) = (client, id, file, log);
        HubFileInfo info = client.Ask(id, file, log);
        Length = info.Bytes ?? throw new HubException(HubError.Answer, Name, "the hub does not say how large the file is");
    }

    public string Name => $"hf:{_id.Repository}/{_file}";

    public long Length { get; }

    /// <summary>How many bytes came over the network.</summary>
    public long Fetched { get; private set; }

    public void Read(long position, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        if (position > Length - destination.Length)
        {
            throw new EndOfStreamException($"{Name} has {Length} bytes; {destination.Length} were wanted at {position}.");
        }

        lock (_gate)
        {
            if (position <= _beginning.Length && position + destination.Length <= LargestBeginning)
            {
                Extend(position + destination.Length);
                _beginning.AsSpan((int)position, destination.Length).CopyTo(destination);
                return;
            }
        }

        Fetch(position, destination.Length).CopyTo(destination);
    }

    public void Dispose()
    {
        // The client is the owner's; the beginning serves the next reader.
    }

    private void Extend(long end)
    {
        if (end > _beginning.Length)
        {
            int wanted = (int)Math.Min(Length, Math.Max(end, FirstPart)) - _beginning.Length;
            _beginning = [.. _beginning, .. Fetch(_beginning.Length, wanted)];
        }
    }

    private byte[] Fetch(long position, int length)
    {
        byte[] bytes = length == 0 ? [] : _client.ReadPart(_id, _file, position, length, _log);
        Fetched += bytes.Length;
        return bytes.Length == length ? bytes : throw new EndOfStreamException($"{Name} gave {bytes.Length} of {length} bytes at {position}.");
    }
}
