using System.Buffers.Binary;
using Transfuse.Formats.Files;
using Transfuse.Formats.TorchCheckpoint.Pickle;

namespace Transfuse.Formats.TorchCheckpoint;

/// <summary>
/// The form before PyTorch 1.6, still written with <c>_use_new_zipfile_serialization=False</c>: five pickles (magic number, protocol version,
/// system information, object, storage keys), then for each key an element count and the elements.
/// </summary>
/// <remarks>
/// Counts and elements are little-endian whatever <c>little_endian</c> in the system information says: PyTorch 0.2 to 2.11 converts
/// on big-endian machines when it writes and when it reads (<c>torch/csrc/serialization.cpp</c>), and its reader ignores that field.
/// </remarks>
internal static class TorchLegacyForm
{
    private const int ProtocolVersion = 1001;

    /// <summary>The pickle of the magic number 0x1950a86a20f9469cfc6c.</summary>
    public static ReadOnlySpan<byte> Magic => [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];

    public static TorchContents Read(IByteSource source, TorchRefusal refusal)
    {
        var reader = new PickleReader(source, Magic.Length, source.Length, refusal);
        if (Run(null) is not PickleInteger { Value: ProtocolVersion })
        {
            throw refusal.Because(TorchCheckpointError.UnknownFormat, null, $"the checkpoint's protocol version is not {ProtocolVersion}");
        }

        if (Run(null) is not PickleDictionary information || information.Items.GetValueOrDefault("little_endian") is not PickleBoolean littleEndian)
        {
            throw refusal.Because(TorchCheckpointError.PickleInvalid, "little_endian", "the checkpoint's system information is missing");
        }

        var table = new StorageTable(source.Length, withViews: true, refusal);
        PickleValue root = Run(table);
        if (Run(null) is not PickleList keys)
        {
            throw refusal.Because(TorchCheckpointError.PickleInvalid, null, "the checkpoint's list of storages is missing");
        }

        TorchByteOrder order = littleEndian == PickleBoolean.True ? TorchByteOrder.Little : TorchByteOrder.Converted;
        return new TorchContents(root, Positions(source, reader.Position, table, keys, refusal), order);

        PickleValue Run(StorageTable? storages) => new PickleInterpreter(reader, storages, PickleLimits.Objects(source.Length), refusal).Run();
    }

    private static Dictionary<string, long> Positions(IByteSource source, long position, StorageTable table, PickleList keys, TorchRefusal refusal)
    {
        var positions = new Dictionary<string, long>(StringComparer.Ordinal);
        Span<byte> count = stackalloc byte[sizeof(long)];
        foreach (PickleValue item in keys.Items)
        {
            if (item is not PickleString { Value: var key } || !table.Storages.TryGetValue(key, out PickleStorage? storage))
            {
                throw refusal.Because(
                    TorchCheckpointError.StorageUnreferenced, (item as PickleString)?.Value, "the list of storages names one that no tensor has");
            }

            if (source.Length - position < sizeof(long) || source.Length - position - sizeof(long) < storage.ByteLength)
            {
                throw refusal.Because(TorchCheckpointError.Truncated, key, $"the file ends inside the storage {QuotedName.Of(key)}");
            }

            source.Read(position, count);
            if (BinaryPrimitives.ReadInt64LittleEndian(count) is var elements && elements != storage.ElementCount)
            {
                throw refusal.Because(
                    TorchCheckpointError.StorageSizeMismatch, key,
                    $"the storage {QuotedName.Of(key)} has {elements} elements in the file and {storage.ElementCount} in the pickle");
            }

            if (!positions.TryAdd(key, position + sizeof(long)))
            {
                throw refusal.Because(TorchCheckpointError.StorageConflict, key, $"the list of storages names {QuotedName.Of(key)} twice");
            }

            position += sizeof(long) + storage.ByteLength;
        }

        if (positions.Count != table.Storages.Count)
        {
            string missing = table.Storages.Keys.First(key => !positions.ContainsKey(key));
            throw refusal.Because(TorchCheckpointError.StorageMissing, missing, $"the list of storages lacks {QuotedName.Of(missing)}");
        }

        return position == source.Length
            ? positions
            : throw refusal.Because(TorchCheckpointError.TrailingBytes, null, $"{source.Length - position} bytes follow the last storage");
    }
}
