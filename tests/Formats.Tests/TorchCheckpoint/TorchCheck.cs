using System.Runtime.InteropServices;
using Transfuse.Formats.Files;
using Transfuse.Formats.Fuzz.Writers;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.TorchCheckpoint;

namespace Transfuse.Formats.Tests.TorchCheckpoint;

/// <summary>Opens checkpoints from bytes.</summary>
internal static class TorchCheck
{
    public static TorchCheckpointFile Open(byte[] bytes) => TorchCheckpointFile.Open(new MemoryByteSource("adapter_model.bin", bytes));

    /// <summary>Asserts the cause of a refusal, and that it was found without allocating much.</summary>
    public static TorchCheckpointException Refuses(byte[] bytes, TorchCheckpointError error, string? item = null)
    {
        // The first run pays for static tables and compiled code.
        Assert.Throws<TorchCheckpointException>(() => Open(bytes));
        long before = GC.GetAllocatedBytesForCurrentThread();
        var exception = Assert.Throws<TorchCheckpointException>(() => Open(bytes));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < (32L * bytes.Length) + (192 << 10), $"{allocated} bytes were allocated for a file of {bytes.Length}: {exception.Message}");
        Assert.Equal(error, exception.Error);
        Assert.Equal("adapter_model.bin", exception.FileName);
        if (item is not null)
        {
            Assert.Equal(item, exception.Item);
        }

        return exception;
    }

    /// <summary>A dictionary with one tensor named "w" in a zip.</summary>
    public static byte[] One(string storageClass, byte[] storage, long count, long offset, long[] sizes, long[] strides, string? byteOrder = "little") =>
        TorchWriter.Zip(Dictionary(writer => writer.Text("w").Tensor(storageClass, "0", count, offset, sizes, strides)), [("0", storage)], byteOrder);

    /// <summary>A pickle of a dictionary with the given items.</summary>
    public static byte[] Dictionary(Action<PickleWriter> items)
    {
        PickleWriter writer = new PickleWriter().EmptyDict().Mark();
        items(writer);
        return writer.Op('u').Stop();
    }

    public static byte[] Bytes(LazyTensor tensor)
    {
        byte[] bytes = new byte[tensor.ByteLength];
        tensor.CopyTo(bytes, TestContext.Current.CancellationToken);
        return bytes;
    }

    public static T[] Values<T>(LazyTensor tensor)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(Bytes(tensor)).ToArray();

    public static byte[] Raw<T>(params ReadOnlySpan<T> values)
        where T : unmanaged => MemoryMarshal.AsBytes(values).ToArray();
}
