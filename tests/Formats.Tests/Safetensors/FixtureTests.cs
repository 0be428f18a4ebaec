using System.Buffers.Binary;
using System.Text.Json;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Safetensors;

/// <summary>Files that the reference implementation and MLX wrote.</summary>
public class FixtureTests
{
    [Fact]
    public void Reads_every_fixture_as_its_header_says()
    {
        int tensors = 0;
        IReadOnlyList<string> files = FixtureFiles.Named("*.safetensors");
        foreach (string path in files)
        {
            byte[] bytes = File.ReadAllBytes(FixtureFiles.PathOf(path));
            int dataStart = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
            using JsonDocument header = JsonDocument.Parse(bytes.AsMemory(8, dataStart - 8));
            var expected = header.RootElement.EnumerateObject().Where(property => property.Name != "__metadata__").ToList();

            using SafetensorsFile file = SafetensorsFile.Open(FixtureFiles.PathOf(path));
            Assert.Equal(expected.Select(property => property.Name).Order(StringComparer.Ordinal), file.Tensors.Select(named => named.Name));
            foreach (NamedTensor named in file.Tensors)
            {
                JsonElement entry = header.RootElement.GetProperty(named.Name);
                Assert.Equal(entry.GetProperty("dtype").GetString(), named.Tensor.DType.SafetensorsName());
                Assert.Equal(entry.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt64()), named.Tensor.Shape.Dimensions);
                int begin = dataStart + entry.GetProperty("data_offsets")[0].GetInt32();
                int end = dataStart + entry.GetProperty("data_offsets")[1].GetInt32();
                Assert.True(bytes.AsSpan(begin, end - begin).SequenceEqual(Bytes(named.Tensor)), $"{path} {named.Name}");
                tensors++;
            }
        }

        Assert.Equal((146, 3263), (files.Count, tensors));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Rewrites_files_of_the_reference_implementation_byte_for_byte(int workers)
    {
        List<string> files = [.. FixtureFiles.Named("*.safetensors").Where(IsWrittenByReference)];
        foreach (string path in files)
        {
            Assert.True(File.ReadAllBytes(FixtureFiles.PathOf(path)).AsSpan().SequenceEqual(Rewrite(path, workers)), path);
        }

        int adapters = files.Count(path => path.EndsWith("/adapter_model.safetensors", StringComparison.Ordinal));
        Assert.Equal((37, 10), (adapters, files.Count - adapters));
    }

    [Fact]
    public void Rewrites_files_of_mlx_with_the_same_tensors()
    {
        List<string> files = [.. FixtureFiles.Named("*adapters.safetensors")];
        foreach (string path in files)
        {
            using SafetensorsFile original = SafetensorsFile.Open(FixtureFiles.PathOf(path));
            using SafetensorsFile copy = SafetensorsBytes.Open(Rewrite(path, 2));
            Assert.Null(copy.Metadata);
            Assert.Equal(original.Tensors.Select(Describe), copy.Tensors.Select(Describe));
        }

        Assert.Equal(24, files.Count);
    }

    /// <summary>Hugging Face's side saves with the reference implementation, MLX has a writer of its own.</summary>
    private static bool IsWrittenByReference(string path) =>
        path.StartsWith("bases/", StringComparison.Ordinal) || path.Contains("/peft/", StringComparison.Ordinal);

    private static byte[] Rewrite(string path, int workers)
    {
        using SafetensorsFile file = SafetensorsFile.Open(FixtureFiles.PathOf(path));
        using var sink = new MemoryByteSink();
        SafetensorsWriter.Write(sink, file.Tensors, file.Metadata, new SafetensorsWriterOptions { MaxDegreeOfParallelism = workers });
        return sink.Complete();
    }

    private static string Describe(NamedTensor named) =>
        $"{named.Name} {named.Tensor.DType} {named.Tensor.Shape} {Convert.ToHexString(Bytes(named.Tensor))}";

    private static byte[] Bytes(LazyTensor tensor)
    {
        byte[] bytes = new byte[tensor.ByteLength];
        tensor.CopyTo(bytes);
        return bytes;
    }
}
