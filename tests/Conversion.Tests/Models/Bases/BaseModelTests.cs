using Transfuse.Conversion.Models.Bases;
using Transfuse.Formats.Tensors;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Models.Bases;

public sealed class BaseModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public BaseModelTests()
    {
        foreach (string file in Directory.GetFiles(Fixtures.HfBaseFolder("llama")))
        {
            File.Copy(file, _folder[Path.GetFileName(file)]);
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void All_who_open_the_weights_share_what_was_read_first()
    {
        var model = BaseModel.FromFolder(_folder.Path);
        using BaseWeights first = model.OpenWeights()!;
        string[] names = [.. first.Names];
        Assert.NotEmpty(names);
        byte[] before = Bytes(first, names[0]);
        first.Dispose();
        using BaseWeights second = model.OpenWeights()!;
        Assert.Same(first.Files, second.Files);
        Assert.Equal(before, Bytes(second, names[0]));
    }

    [Fact]
    public void Files_are_open_as_long_as_somebody_has_them()
    {
        var model = BaseModel.FromFolder(_folder.Path);
        BaseWeights first = model.OpenWeights()!, second = model.OpenWeights()!;
        string name = first.Names.First();
        LazyTensor tensor = first.Find(name)!;
        first.Dispose();
        first.Dispose();
        Assert.NotEmpty(Bytes(second, name));
        second.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tensor.CopyTo(new byte[tensor.ByteLength]));
        if (OperatingSystem.IsLinux())
        {
            Assert.DoesNotContain(
                Directory.GetFiles("/proc/self/fd"), link => new FileInfo(link).LinkTarget?.StartsWith(_folder.Path, StringComparison.Ordinal) == true);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Weights_that_were_changed_after_their_header_was_read_are_not_read(bool isLonger)
    {
        var model = BaseModel.FromFolder(_folder.Path);
        model.OpenWeights()!.Dispose();
        string file = Directory.GetFiles(_folder.Path, "model*.safetensors").Single();
        if (isLonger)
        {
            File.AppendAllText(file, "more");
        }

        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddSeconds(1));
        using BaseWeights weights = model.OpenWeights()!;
        var changed = Assert.Throws<IOException>(() => Bytes(weights, weights.Names.First()));
        Assert.Contains(file, changed.Message);
    }

    private static byte[] Bytes(BaseWeights weights, string name)
    {
        LazyTensor tensor = weights.Find(name)!;
        byte[] bytes = new byte[tensor.ByteLength];
        tensor.CopyTo(bytes);
        return bytes;
    }
}
