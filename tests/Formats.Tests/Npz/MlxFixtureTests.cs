using System.IO.Compression;
using System.Text;
using Transfuse.Formats.Npz;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.Tests.TorchCheckpoint;

namespace Transfuse.Formats.Tests.Npz;

public class MlxFixtureTests
{
    [Theory]
    [InlineData("legacy_npz")]
    [InlineData("legacy_alpha_ambiguous")]
    public void Arrays_of_old_adapters_are_those_of_the_archive(string name)
    {
        string path = SafetensorsReading.Fixture($"{name}/mlx/adapters.npz");
        using ZipArchive archive = ZipFile.OpenRead(path);
        using var file = NpzFile.Open(path);
        Assert.Equal(8, file.Tensors.Length);
        Assert.Equal(archive.Entries.Select(entry => entry.FullName).Order(StringComparer.Ordinal), file.Tensors.Select(tensor => tensor.Name + ".npy"));
        Assert.Null(file.Metadata);
        foreach (NamedTensor tensor in file.Tensors)
        {
            byte[] member = Read(archive.GetEntry(tensor.Name + ".npy")!);
            string header = Encoding.Latin1.GetString(member, 10, member[8]);
            Assert.Contains("'<f4'", header, StringComparison.Ordinal);
            Assert.Contains($"({string.Join(", ", tensor.Tensor.Shape.Dimensions)}, )", header, StringComparison.Ordinal);
            Assert.Equal(DType.F32, tensor.Tensor.DType);
            Assert.Equal(member.Skip(10 + member[8]), NpzCheck.Bytes(tensor.Tensor));
        }

        LazyTensor a = file.Tensors.Single(tensor => tensor.Name == "model.layers.1.self_attn.q_proj.lora_a").Tensor;
        Assert.Equal(new TensorShape(64, 8), a.Shape);
    }

    [Fact]
    public void Every_prefix_of_an_adapter_is_refused()
    {
        byte[] bytes = File.ReadAllBytes(SafetensorsReading.Fixture("legacy_npz/mlx/adapters.npz"));
        for (int length = 0; length < bytes.Length; length += length < bytes.Length - 1000 ? 97 : 1)
        {
            byte[] prefix = bytes[..length];
            Assert.Equal(NpzError.Truncated, Assert.Throws<NpzException>(() => NpzCheck.Open(prefix)).Error);
        }
    }

    private static byte[] Read(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
