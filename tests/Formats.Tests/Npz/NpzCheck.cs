using Transfuse.Formats.Files;
using Transfuse.Formats.Fuzz.Writers;
using Transfuse.Formats.Npz;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Npz;

/// <summary>Opens archives of arrays from bytes.</summary>
internal static class NpzCheck
{
    public static NpzFile Open(byte[] bytes) => NpzFile.Open(new MemoryByteSource("adapters.npz", bytes));

    /// <summary>Opens an archive with the single member <c>w.npy</c>.</summary>
    public static NpzFile One(byte[] member, bool deflated = false) => Open(Archive(member, deflated));

    public static byte[] Archive(byte[] member, bool deflated = false) =>
        ZipWriter.Write(deflated ? ZipItem.Deflated("w.npy", member) : new ZipItem("w.npy", member));

    /// <summary>Asserts the cause of a refusal, and that it was found without allocating much.</summary>
    public static NpzException Refuses(byte[] bytes, NpzError error, string? item = null)
    {
        Assert.Throws<NpzException>(() => ReadAll(bytes));
        long before = GC.GetAllocatedBytesForCurrentThread();
        var exception = Assert.Throws<NpzException>(() => ReadAll(bytes));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < (8L * bytes.Length) + (192 << 10), $"{allocated} bytes were allocated for a file of {bytes.Length}: {exception.Message}");
        Assert.Equal(error, exception.Error);
        Assert.Equal("adapters.npz", exception.FileName);
        if (item is not null)
        {
            Assert.Equal(item, exception.Item);
        }

        return exception;
    }

    public static byte[] Bytes(LazyTensor tensor)
    {
        byte[] bytes = new byte[tensor.ByteLength];
        tensor.CopyTo(bytes, TestContext.Current.CancellationToken);
        return bytes;
    }

    private static void ReadAll(byte[] bytes)
    {
        using NpzFile file = Open(bytes);
        foreach (NamedTensor tensor in file.Tensors)
        {
            Bytes(tensor.Tensor);
        }
    }
}
