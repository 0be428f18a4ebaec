using Transfuse.Formats.Fuzz.Writers;

namespace Transfuse.Formats.Fuzz.Seeds;

/// <summary>A valid checkpoint of random views, with the elements that plain loops find in it.</summary>
public sealed class SeedCheckpoint
{
    private readonly List<(string Key, StorageType Type, byte[] Elements)> _storages = [];
    private readonly bool _legacy;
    private readonly bool _bigEndian;

    private SeedCheckpoint(Random random)
    {
        _legacy = random.Next(3) == 0;
        _bigEndian = random.Next(3) == 0;
        var views = new List<(string Name, int Storage, View View)>();
        for (int storage = random.Next(1, 4); storage > 0; storage--)
        {
            AddStorage(random, views);
        }

        Tensors = [.. views.Select(item => item.View.Read(item.Name, _storages[item.Storage].Type, _storages[item.Storage].Elements))];
        Pickle = WritePickle(random, views);
    }

    /// <summary>What a reader must find.</summary>
    public IReadOnlyList<ExpectedTensor> Tensors { get; }

    /// <summary>The object's pickle.</summary>
    public byte[] Pickle { get; }

    /// <summary>Whether elements are reversed in the file.</summary>
    public bool IsBigEndian => _bigEndian && !_legacy;

    /// <summary>The storages as the file holds them.</summary>
    public IEnumerable<byte[]> Storages => _storages.Select(storage => InFileOrder(storage.Type, storage.Elements));

    public static SeedCheckpoint Make(Random random) => new(random);

    /// <summary>The file, with this object or another.</summary>
    public byte[] ToFile(byte[]? pickle = null) => _legacy
? TorchWriter.Legacy(
    pickle ?? Pickle, [.. _storages.Select(storage => (storage.Key, (long)storage.Elements.Length / storage.Type.Size, storage.Elements))], !_bigEndian)
        : TorchWriter.Zip(
            pickle ?? Pickle, _storages.Select(storage => (storage.Key, InFileOrder(storage.Type, storage.Elements))), _bigEndian ? "big" : "little");

    private void AddStorage(Random random, List<(string Name, int Storage, View View)> views)
    {
        int length = 0;
        for (int tensor = random.Next(1, 4); tensor > 0; tensor--)
        {
            var view = View.Make(random);
            views.Add(($"layer.{views.Count}.weight", _storages.Count, view));
            length = Math.Max(length, view.End);
        }

        // The older form has no agreed meaning for complex numbers of big-endian machines, the last of the list.
        StorageType type = StorageType.All[random.Next(StorageType.All.Count - (_legacy && _bigEndian ? 1 : 0))];
        byte[] elements = new byte[(length + random.Next(3)) * type.Size];
        random.NextBytes(elements);
        _storages.Add((_legacy ? $"{random.Next()}{_storages.Count}" : $"{_storages.Count}", type, elements));
    }

    private byte[] InFileOrder(StorageType type, byte[] elements) =>
        IsBigEndian ? [.. elements.Chunk(type.Unit).SelectMany(unit => unit.Reverse())] : elements;

    private byte[] WritePickle(Random random, List<(string Name, int Storage, View View)> views)
    {
        bool ordered = random.Next(3) == 0;
        bool single = random.Next(3) == 0;
        var writer = new PickleWriter(random.Next(2, 5));
        _ = ordered ? writer.OrderedDict() : writer.EmptyDict();
        writer.Put(0);
        _ = single ? writer : writer.Mark();
        int memo = 1;
        foreach ((string name, int storage, View view) in views)
        {
            (string key, StorageType type, byte[] elements) = _storages[storage];
            writer.Text(name).Put(memo++);
            bool parameter = random.Next(4) == 0;
            _ = parameter ? writer.Global("torch._utils", "_rebuild_parameter").Mark() : writer;
            writer.Tensor(type.Class, key, elements.Length / type.Size, view.Offset, view.Sizes, view.Strides, _legacy).Put(memo++);
            _ = parameter ? writer.Bool(true).OrderedDict().Raw((byte)'t', (byte)'R') : writer;
            _ = single ? writer.Op('s') : writer;
        }

        _ = single ? writer : writer.Op('u');
        _ = ordered ? writer.EmptyDict().Text("_metadata").OrderedDict().Op('s').Op('b') : writer;
        return writer.Stop();
    }
}
