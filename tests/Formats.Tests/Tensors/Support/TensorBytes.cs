using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Tensors.Support;

/// <summary>Reads tensors under suspicion: nothing outside the destination may change, and every byte in it must be written.</summary>
internal static class TensorBytes
{
    private const int Guard = 67;

    /// <summary>All bytes; also read in uneven ranges where the tensor serves them.</summary>
    public static byte[] Read(LazyTensor tensor)
    {
        int length = checked((int)tensor.ByteLength);
        byte[] bytes = ReadGuarded(length, 0xA5, span => tensor.CopyTo(span));
        Assert.Equal(bytes, ReadGuarded(length, 0x5A, span => tensor.CopyTo(span)));
        if (tensor.SupportsRanges)
        {
            Assert.Equal(bytes, ReadInRanges(tensor, length));
        }
        else
        {
            Assert.Throws<NotSupportedException>(() => tensor.ReadRange(0, new byte[Math.Min(1, length)]));
        }

        return bytes;
    }

    /// <summary>Fills a span in the middle of an array of one value, at an odd address, and checks that both ends keep it.</summary>
    public static byte[] ReadGuarded(int length, byte fill, SpanFiller filler)
    {
        byte[] array = new byte[Guard + length + Guard];
        array.AsSpan().Fill(fill);
        filler(array.AsSpan(Guard, length));
        Assert.Equal(-1, array.AsSpan(0, Guard).IndexOfAnyExcept(fill));
        Assert.Equal(-1, array.AsSpan(Guard + length).IndexOfAnyExcept(fill));
        return array[Guard..(Guard + length)];
    }

    private static byte[] ReadInRanges(LazyTensor tensor, int length)
    {
        byte[] bytes = new byte[length];
        for (int offset = 0, step = 1; offset < length; offset += step, step = (step * 3) + 1)
        {
            int count = Math.Min(step, length - offset);
            int from = offset;
            ReadGuarded(count, 0xC3, span => tensor.ReadRange(from, span)).CopyTo(bytes, offset);
        }

        Assert.ThrowsAny<ArgumentException>(() => tensor.ReadRange(length, new byte[1]));
        return bytes;
    }

    internal delegate void SpanFiller(Span<byte> destination);
}
