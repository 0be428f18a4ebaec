using System.Text;

namespace Transfuse.Formats.Fuzz.Writers;

/// <summary>Writes archives as PyTorch lays them out: sizes 0 in local headers, data descriptors behind the data.</summary>
public static class ZipWriter
{
    public static byte[] Write(params ReadOnlySpan<ZipItem> items) => Write(items, zip64End: false);

    public static byte[] Write(ReadOnlySpan<ZipItem> items, bool zip64End)
    {
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        long[] positions = new long[items.Length];
        for (int i = 0; i < items.Length; i++)
        {
            positions[i] = file.Position;
            WriteLocal(writer, items[i]);
        }

        long directory = file.Position;
        for (int i = 0; i < items.Length; i++)
        {
            WriteCentral(writer, items[i], items[i].HeaderPosition ?? positions[i]);
        }

        WriteEnd(writer, items.Length, directory, file.Position - directory, zip64End);
        return file.ToArray();
    }

    /// <summary>Bit by bit, so that it shares nothing with the code under test.</summary>
    public static uint Crc(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320u);
            }
        }

        return ~crc;
    }

    private static void WriteLocal(BinaryWriter writer, ZipItem item)
    {
        byte[] name = Encoding.UTF8.GetBytes(item.LocalName ?? item.Name);
        writer.Write(0x04034b50u);
        writer.Write((ushort)20);
        writer.Write(item.Flags);
        writer.Write(item.Method);
        writer.Write(new byte[16]);
        writer.Write((ushort)name.Length);
        writer.Write((ushort)item.Padding);
        writer.Write(name);
        writer.Write(new byte[item.Padding]);
        writer.Write(item.Data);
        writer.Write(0x08074b50u);
        writer.Write(item.Crc ?? Crc(item.Data));
        writer.Write(item.Data.Length);
        writer.Write((uint)(item.Length ?? item.Data.Length));
    }

    private static void WriteCentral(BinaryWriter writer, ZipItem item, long position)
    {
        byte[] name = Encoding.UTF8.GetBytes(item.Name);
        long stored = item.StoredLength ?? item.Data.Length;
        long length = item.Length ?? item.Data.Length;
        writer.Write(0x02014b50u);
        writer.Write((ushort)0);
        writer.Write((ushort)20);
        writer.Write(item.Flags);
        writer.Write(item.Method);
        writer.Write(0);
        writer.Write(item.Crc ?? Crc(item.Data));
        writer.Write(item.IsZip64 ? uint.MaxValue : (uint)stored);
        writer.Write(item.IsZip64 ? uint.MaxValue : (uint)length);
        writer.Write((ushort)name.Length);
        writer.Write((ushort)(item.IsZip64 ? 28 : 0));
        writer.Write(new byte[10]);
        writer.Write(item.IsZip64 ? uint.MaxValue : (uint)position);
        writer.Write(name);
        if (item.IsZip64)
        {
            writer.Write((ushort)1);
            writer.Write((ushort)24);
            writer.Write(length);
            writer.Write(stored);
            writer.Write(position);
        }
    }

    private static void WriteEnd(BinaryWriter writer, int count, long directory, long length, bool zip64)
    {
        if (zip64)
        {
            long record = writer.BaseStream.Position;
            writer.Write(0x06064b50u);
            writer.Write(44L);
            writer.Write(0x002d002du);
            writer.Write(0L);
            writer.Write((long)count);
            writer.Write((long)count);
            writer.Write(length);
            writer.Write(directory);
            writer.Write(0x07064b50u);
            writer.Write(0);
            writer.Write(record);
            writer.Write(1);
        }

        writer.Write(0x06054b50u);
        writer.Write(0);
        writer.Write(zip64 ? ushort.MaxValue : (ushort)count);
        writer.Write(zip64 ? ushort.MaxValue : (ushort)count);
        writer.Write(zip64 ? uint.MaxValue : (uint)length);
        writer.Write(zip64 ? uint.MaxValue : (uint)directory);
        writer.Write((ushort)0);
    }
}
