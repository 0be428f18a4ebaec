using System.Buffers.Binary;
using System.Text;
using Transfuse.Formats.Files;
using Transfuse.Formats.Safetensors;

namespace Transfuse.Formats.Tests.Safetensors;

/// <summary>Files put together by hand, right or wrong.</summary>
internal static class SafetensorsBytes
{
    public static byte[] Of(string header, params byte[] data) => Of(Encoding.UTF8.GetBytes(header), data);

    public static byte[] Of(byte[] header, byte[] data)
    {
        byte[] bytes = new byte[8 + header.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, header.Length);
        header.CopyTo(bytes, 8);
        data.CopyTo(bytes, 8 + header.Length);
        return bytes;
    }

    public static SafetensorsFile Open(byte[] bytes) => SafetensorsFile.Open(new MemoryByteSource("a.safetensors", bytes));

    public static SafetensorsFile Open(string header, params byte[] data) => Open(Of(header, data));

    public static SafetensorsException Refuse(byte[] bytes) => Assert.Throws<SafetensorsException>(() => Open(bytes));
}
