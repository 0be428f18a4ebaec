using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Sources;

public sealed class HeldFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_read_of_a_held_file_is_what_was_held_and_not_what_came_after()
    {
        using var held = new HeldFiles();
        using (var file = new FileByteSource(Write("adapter_config.json", [1, 2, 3, 4])))
        {
            Assert.True(held.TryRead(file, out ReadOnlySpan<byte> bytes));
            Assert.Equal([1, 2, 3, 4], bytes.ToArray());
            Assert.False(held.TryRead(file, out _));
        }

        Write("adapter_config.json", [9, 9]);
        using IAdapterSource source = AdapterSource.Open(_folder.Path, null, held, takesAll: false);
        using IByteSource opened = source.Open("adapter_config.json");
        byte[] middle = new byte[2];
        opened.Read(1, middle);
        Assert.Equal((4L, _folder["adapter_config.json"]), (opened.Length, opened.Name));
        Assert.Equal([2, 3], middle);
        Assert.Throws<EndOfStreamException>(() => opened.Read(3, middle));
        Assert.Throws<ArgumentOutOfRangeException>(() => opened.Read(-1, middle));
    }

    [Fact]
    public void What_is_larger_than_four_mebibytes_together_is_not_held()
    {
        using var held = new HeldFiles();
        (string, int, bool)[] files = [("a", 3 << 20, true), ("b", (1 << 20) + 1, false), ("c", 1 << 20, true), ("d", 1, false), ("e", 0, true)];
        foreach ((string name, int length, bool isHeld) in files)
        {
            using var file = new FileByteSource(Write(name, new byte[length]));
            Assert.Equal(isHeld, held.TryRead(file, out ReadOnlySpan<byte> bytes));
            Assert.Equal(isHeld ? length : 0, bytes.Length);
            Assert.Equal(isHeld, held.Find(file.Name) is not null);
            Assert.Equal(name == "a", held.IsWhole);
        }
    }

    [Fact]
    public void A_file_that_is_given_back_cannot_be_read()
    {
        var held = new HeldFiles();
        using var file = new FileByteSource(Write("a", [1]));
        Assert.True(held.TryRead(file, out _));
        IByteSource opened = held.Find(file.Name)!, closed = held.Find(file.Name)!;
        closed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => closed.Read(0, new byte[1]));
        opened.Read(0, new byte[1]);
        held.Dispose();
        held.Dispose();
        Assert.Throws<ObjectDisposedException>(() => opened.Read(0, new byte[1]));
    }

    [Fact]
    public void Tensors_of_a_held_file_are_those_of_the_file_and_cannot_be_read_once_it_is_given_back()
    {
        string path = Path.Combine(Fixtures.Case("llama_qv").AdapterFolder, "adapter_model.safetensors");
        var held = new HeldFiles();
        using (var file = new FileByteSource(path))
        {
            Assert.True(held.TryRead(file, out _));
        }

        using SafetensorsFile fromDisk = SafetensorsFile.Open(path), fromMemory = SafetensorsFile.Open(held.Find(path)!);
        Assert.Equal(fromDisk.Tensors.Select(tensor => tensor.Name), fromMemory.Tensors.Select(tensor => tensor.Name));
        foreach ((NamedTensor one, NamedTensor other) in fromDisk.Tensors.Zip(fromMemory.Tensors))
        {
            Assert.False(one.Tensor.TryView(out _));
            Assert.True(other.Tensor.TryView(out ReadOnlySpan<byte> bytes));
            Assert.Equal(one.Tensor.ByteLength, bytes.Length);
            Assert.Equal(Bytes(one.Tensor), bytes.ToArray());
            Assert.Equal(Bytes(one.Tensor.Transpose()), Bytes(other.Tensor.Transpose()));
            Assert.True(TensorProbe.IsFinite(other.Tensor, TestContext.Current.CancellationToken));
        }

        held.Dispose();
        LazyTensor gone = fromMemory.Tensors[0].Tensor;
        Assert.Throws<ObjectDisposedException>(() => Bytes(gone));
        Assert.Throws<ObjectDisposedException>(() => Bytes(gone.Transpose()));
        Assert.Throws<ObjectDisposedException>(() => TensorProbe.IsFinite(gone));
    }

    private static byte[] Bytes(LazyTensor tensor)
    {
        byte[] bytes = new byte[tensor.ByteLength];
        tensor.CopyTo(bytes);
        return bytes;
    }

    private string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(_folder[name], bytes);
        return _folder[name];
    }
}
