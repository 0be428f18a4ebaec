using Transfuse.Formats.Files;


namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>The storages that a pickle names by persistent ids, one per key.</summary>
/// <param name="fileLength">No storage is larger than its file.</param>
/// <param name="withViews">Whether ids have the sixth member of the non-zip form, which describes a view of another storage.</param>
/// <param name="refusal">Makes exceptions.</param>
internal sealed class StorageTable(long fileLength, bool withViews, TorchRefusal refusal)
{
    private readonly Dictionary<string, PickleStorage> _storages = new(StringComparer.Ordinal);

    /// <summary>All storages by key.</summary>
    public IReadOnlyDictionary<string, PickleStorage> Storages => _storages;

    /// <summary>The storage of an id: ("storage", class, key, location, number of elements[, view]).</summary>
    public PickleStorage Resolve(PickleValue id)
    {
        if (id is not PickleTuple tuple
            || tuple.Items is not [PickleString { Value: "storage" }, PickleGlobal type, PickleString key, PickleString, PickleInteger count, .. var view]
            || type.Role is not (GlobalRole.StorageClass or GlobalRole.UntypedStorage)
            || view.Length != (withViews ? 1 : 0))
        {
            throw refusal.Because(TorchCheckpointError.PickleInvalid, "BINPERSID", "a persistent id does not describe a storage");
        }

        if (view is [not PickleNone])
        {
            throw refusal.Because(
                TorchCheckpointError.TypeUnsupported, key.Value,
                $"the storage {QuotedName.Of(key.Value)} is a view of another storage, which PyTorch has not written since 0.4");
        }

        PickleStorage storage = Make(type, key.Value, count.Value);
        if (!_storages.TryGetValue(storage.Key, out PickleStorage? known))
        {
            _storages.Add(storage.Key, storage);
            return storage;
        }

        bool same = known.ElementType == storage.ElementType && known.ElementCount == storage.ElementCount && known.IsUntyped == storage.IsUntyped;
        return same
            ? known
            : throw refusal.Because(TorchCheckpointError.StorageConflict, key.Value, $"the storage {QuotedName.Of(key.Value)} is described in two ways");
    }

    private PickleStorage Make(PickleGlobal type, string key, long count)
    {
        if (type.ElementType is not { } elementType)
        {
            throw refusal.Because(TorchCheckpointError.TypeUnsupported, type.Name, $"elements of {type.Name} have no counterpart in safetensors");
        }

        var storage = new PickleStorage(key, elementType, count, type.Role == GlobalRole.UntypedStorage);
        return count >= 0 && count <= fileLength && storage.ByteLength <= fileLength
            ? storage
            : throw refusal.Because(
                TorchCheckpointError.StorageSizeMismatch, key,
                $"the storage {QuotedName.Of(key)} has {count} elements of {type.Name}, more than the file could hold");
    }
}
