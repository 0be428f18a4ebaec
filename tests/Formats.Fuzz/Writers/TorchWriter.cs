using System.Text;

namespace Transfuse.Formats.Fuzz.Writers;

/// <summary>Wraps pickles and storages in PyTorch's two forms.</summary>
public static class TorchWriter
{
    /// <summary>The zip form.</summary>
    /// <param name="pickle">data.pkl.</param>
    /// <param name="storages">Key and bytes.</param>
    /// <param name="byteOrder">Text of the byteorder entry; no entry where <see langword="null"/>.</param>
    /// <param name="top">The top folder.</param>
    public static byte[] Zip(byte[] pickle, IEnumerable<(string Key, byte[] Bytes)> storages, string? byteOrder = "little", string top = "archive") =>
        ZipWriter.Write([.. Items(pickle, storages, byteOrder, top)]);

    /// <summary>The entries of the zip form.</summary>
    public static List<ZipItem> Items(byte[] pickle, IEnumerable<(string Key, byte[] Bytes)> storages, string? byteOrder = "little", string top = "archive")
    {
        List<ZipItem> items = [new ZipItem($"{top}/data.pkl", pickle) { Padding = 7 }];
        if (byteOrder is not null)
        {
            items.Add(new ZipItem($"{top}/byteorder", Encoding.UTF8.GetBytes(byteOrder)));
        }

        items.AddRange(storages.Select(storage => new ZipItem($"{top}/data/{storage.Key}", storage.Bytes) { Padding = 5 }));
        items.Add(new ZipItem($"{top}/version", "3\n"u8.ToArray()));
        items.Add(new ZipItem($"{top}/.data/serialization_id", "0123456789"u8.ToArray()));
        return items;
    }

    /// <summary>The older form.</summary>
    /// <param name="pickle">The object.</param>
    /// <param name="storages">Key, number of elements and bytes.</param>
    /// <param name="littleEndian">What the system information says.</param>
    public static byte[] Legacy(byte[] pickle, IReadOnlyList<(string Key, long Count, byte[] Bytes)> storages, bool littleEndian = true)
    {
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write([0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]);
        writer.Write(new PickleWriter().Raw((byte)'M', 0xe9, 0x03).Stop());
        writer.Write(new PickleWriter().EmptyDict().Mark().Text("little_endian").Bool(littleEndian).Op('u').Stop());
        writer.Write(pickle);
        PickleWriter keys = new PickleWriter().Raw((byte)']').Mark();
        foreach ((string key, _, _) in storages)
        {
            keys.Text(key);
        }

        writer.Write(keys.Op('e').Stop());
        foreach ((_, long count, byte[] bytes) in storages)
        {
            writer.Write(count);
            writer.Write(bytes);
        }

        return file.ToArray();
    }
}
