using System.Collections.Immutable;
using System.Text;
using Transfuse.Formats.Files;
using Transfuse.Formats.TorchCheckpoint.Pickle;
using Transfuse.Formats.Zip;

namespace Transfuse.Formats.TorchCheckpoint;

/// <summary>
/// The zip form that PyTorch writes since 1.6: one top folder with <c>data.pkl</c> and one entry <c>data/KEY</c> per storage.
/// CRCs are not compared: PyTorch can be told not to compute them, and its own reader ignores them.
/// </summary>
internal static class TorchZipForm
{
    private const string PickleName = "/data.pkl";
    private const string StorageFolder = "data/";

    public static TorchContents Read(IByteSource source, TorchRefusal refusal)
    {
        ImmutableArray<ZipEntry> entries = Entries(source, refusal);
        ZipEntry pickle = FindPickle(entries, refusal);
        string top = pickle.Name[..^PickleName.Length] + "/";
        var storages = new Dictionary<string, ZipEntry>(StringComparer.Ordinal);
        ZipEntry? byteOrder = null;
        foreach (ZipEntry entry in entries)
        {
            string name = entry.Name.StartsWith(top, StringComparison.Ordinal) ? entry.Name[top.Length..] : throw Unexpected(entry, refusal);
            switch (name)
            {
                case "byteorder":
                    byteOrder = entry;
                    break;
                case "data.pkl" or "version":
                    break;
                case "constants.pkl":
                case var _ when name.StartsWith("code/", StringComparison.Ordinal):
                    throw refusal.Because(
                        TorchCheckpointError.TorchScript, entry.Name,
                        $"the entry {QuotedName.Of(entry.Name)} makes the archive a TorchScript program; only dictionaries of tensors are read");
                case var _ when name.StartsWith(StorageFolder, StringComparison.Ordinal):
                    storages.Add(name[StorageFolder.Length..], entry);
                    break;
                case var _ when name.StartsWith('.'):
                    // PyTorch's own bookkeeping: .format_version, .storage_alignment, .data/serialization_id.
                    break;
                default:
                    throw Unexpected(entry, refusal);
            }
        }

        TorchByteOrder order = byteOrder is null ? TorchByteOrder.Little : ReadOrder(source, byteOrder, refusal);
        var table = new StorageTable(source.Length, withViews: false, refusal);
        PickleValue root = RunPickle(source, pickle, table, refusal);
        return new TorchContents(root, Positions(table, storages, refusal), order);
    }

    private static ImmutableArray<ZipEntry> Entries(IByteSource source, TorchRefusal refusal)
    {
        try
        {
            return ZipDirectory.Read(source, allowDeflate: false);
        }
        catch (ZipFormatException exception)
        {
            TorchCheckpointError error = exception.Error switch
            {
                ZipError.EndMissing => TorchCheckpointError.Truncated,
                ZipError.LimitExceeded => TorchCheckpointError.LimitExceeded,
                ZipError.NameUnsafe => TorchCheckpointError.EntryNameUnsafe,
                ZipError.NameDuplicate => TorchCheckpointError.EntryDuplicate,
                ZipError.Encrypted => TorchCheckpointError.EntryEncrypted,
                ZipError.MethodRefused => TorchCheckpointError.EntryCompressed,
                ZipError.Overlap => TorchCheckpointError.EntryOverlap,
                _ => TorchCheckpointError.ArchiveInvalid,
            };
            throw refusal.Because(error, exception.Entry, exception.Message, exception);
        }
    }

    private static ZipEntry FindPickle(ImmutableArray<ZipEntry> entries, TorchRefusal refusal)
    {
        ZipEntry? found = null;
        foreach (ZipEntry entry in entries)
        {
            if (entry.Name.EndsWith(PickleName, StringComparison.Ordinal))
            {
                found = found is null
                    ? entry
                    : throw refusal.Because(TorchCheckpointError.PickleMissing, entry.Name, $"the archive has a second data.pkl: {QuotedName.Of(entry.Name)}");
            }
        }

        return found ?? throw refusal.Because(TorchCheckpointError.PickleMissing, null, "the archive has no data.pkl in a top folder");
    }

    private static TorchByteOrder ReadOrder(IByteSource source, ZipEntry entry, TorchRefusal refusal)
    {
        Span<byte> bytes = stackalloc byte[(int)Math.Min(entry.Length, 16)];
        source.Read(entry.DataPosition, bytes);
        return Encoding.Latin1.GetString(bytes) switch
        {
            "little" => TorchByteOrder.Little,
            "big" => TorchByteOrder.Big,
            var text =>
                throw refusal.Because(TorchCheckpointError.ByteOrderUnknown, entry.Name, $"the byte order is {QuotedName.Of(text)}; little and big are known"),
        };
    }

    private static PickleValue RunPickle(IByteSource source, ZipEntry pickle, StorageTable table, TorchRefusal refusal)
    {
        var reader = new PickleReader(source, pickle.DataPosition, pickle.DataPosition + pickle.Length, refusal);
        PickleValue root = new PickleInterpreter(reader, table, PickleLimits.Objects(pickle.Length), refusal).Run();
        return reader.Remaining == 0
            ? root
            : throw refusal.Because(TorchCheckpointError.TrailingBytes, pickle.Name, $"{reader.Remaining} bytes follow the end of the pickle");
    }

    private static Dictionary<string, long> Positions(StorageTable table, Dictionary<string, ZipEntry> entries, TorchRefusal refusal)
    {
        var positions = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (PickleStorage storage in table.Storages.Values)
        {
            if (!entries.Remove(storage.Key, out ZipEntry? entry))
            {
                throw refusal.Because(
                    TorchCheckpointError.StorageMissing, storage.Key, $"the archive has no entry for the storage {QuotedName.Of(storage.Key)}");
            }

            if (entry.Length != storage.ByteLength)
            {
                throw refusal.Because(
                    TorchCheckpointError.StorageSizeMismatch, entry.Name,
                    $"the entry {QuotedName.Of(entry.Name)} has {entry.Length} bytes; its storage has {storage.ByteLength}");
            }

            positions.Add(storage.Key, entry.DataPosition);
        }

        foreach (ZipEntry entry in entries.Values)
        {
            throw refusal.Because(TorchCheckpointError.StorageUnreferenced, entry.Name, $"the pickle does not mention the entry {QuotedName.Of(entry.Name)}");
        }

        return positions;
    }

    private static TorchCheckpointException Unexpected(ZipEntry entry, TorchRefusal refusal) =>
        refusal.Because(
            TorchCheckpointError.EntryUnexpected, entry.Name, $"the entry {QuotedName.Of(entry.Name)} is none that PyTorch writes for a dictionary of tensors");
}
