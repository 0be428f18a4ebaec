using System.IO.Compression;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.TorchCheckpoint;

namespace Transfuse.Formats.Tests.TorchCheckpoint;

public class PeftFixtureTests
{
    private const string Prefix = "delta.";

    [Theory]
    [InlineData("llama_bin_legacy", 24, 4)]
    [InlineData("llama_bin_nonzip", 12, 2)]
    public void Factors_give_the_deltas_that_PEFT_recorded(string name, int tensors, int deltas)
    {
        using var file = TorchCheckpointFile.Open(SafetensorsReading.Fixture($"{name}/peft/adapter_model.bin"));
        Assert.Equal(tensors, file.Tensors.Length);
        Assert.Equal(file.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), file.Tensors.Select(tensor => tensor.Name));
        Assert.All(file.Tensors, tensor => Assert.Equal(DType.F32, tensor.Tensor.DType));
        var byName = file.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Tensor);
        var expected = SafetensorsReading.Floats(SafetensorsReading.Fixture($"{name}/expected.safetensors"), Prefix);
        Assert.Equal(deltas, expected.Count);
        foreach ((string parameter, (long[] shape, float[] values)) in expected)
        {
            string module = "base_model.model." + parameter[Prefix.Length..^".weight".Length];
            LazyTensor a = byName[module + ".lora_A.weight"];
            LazyTensor b = byName[module + ".lora_B.weight"];
            Assert.Equal(new TensorShape(8, shape[1]), a.Shape);
            Assert.Equal(new TensorShape(shape[0], 8), b.Shape);
            double error = RelativeError(values, Delta(a, b, scale: 16.0 / 8.0));
            Assert.True(error <= 2e-7, $"{parameter}: relative error {error}");
        }
    }

    [Fact]
    public void Elements_of_the_zip_form_are_those_of_its_entries()
    {
        string path = SafetensorsReading.Fixture("llama_bin_legacy/peft/adapter_model.bin");
        using ZipArchive archive = ZipFile.OpenRead(path);
        var entries = archive.Entries.Where(entry => entry.FullName.Contains("/data/", StringComparison.Ordinal)).Select(Read).ToList();
        using var file = TorchCheckpointFile.Open(path);
        Assert.Equal(24, entries.Count);
        Assert.Equal(
            entries.Order(StringComparer.Ordinal),
            file.Tensors.Select(tensor => Convert.ToHexString(TorchCheck.Bytes(tensor.Tensor))).Order(StringComparer.Ordinal));

        static string Read(ZipArchiveEntry entry)
        {
            using Stream stream = entry.Open();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            return Convert.ToHexString(bytes.ToArray());
        }
    }

    [Fact]
    public void Ranges_of_a_contiguous_tensor_are_read_from_the_file()
    {
        using var file = TorchCheckpointFile.Open(SafetensorsReading.Fixture("llama_bin_legacy/peft/adapter_model.bin"));
        LazyTensor tensor = file.Tensors[0].Tensor;
        Assert.True(tensor.SupportsRanges);
        byte[] range = new byte[100];
        tensor.ReadRange(37, range, TestContext.Current.CancellationToken);
        Assert.Equal(TorchCheck.Bytes(tensor)[37..137], range);
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.ReadRange(tensor.ByteLength - 99, range, TestContext.Current.CancellationToken));
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.ReadRange(-1, range, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Tensors_of_a_disposed_file_throw()
    {
        var file = TorchCheckpointFile.Open(SafetensorsReading.Fixture("llama_bin_nonzip/peft/adapter_model.bin"));
        LazyTensor tensor = file.Tensors[0].Tensor;
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => TorchCheck.Bytes(tensor));
    }

    private static double[] Delta(LazyTensor a, LazyTensor b, double scale)
    {
        (int rank, int inputs, int outputs) = ((int)a.Shape[0], (int)a.Shape[1], (int)b.Shape[0]);
        float[] down = TorchCheck.Values<float>(a);
        float[] up = TorchCheck.Values<float>(b);
        double[] delta = new double[outputs * inputs];
        for (int row = 0; row < outputs; row++)
        {
            for (int column = 0; column < inputs; column++)
            {
                double sum = 0;
                for (int k = 0; k < rank; k++)
                {
                    sum += (double)up[(row * rank) + k] * down[(k * inputs) + column];
                }

                delta[(row * inputs) + column] = scale * sum;
            }
        }

        return delta;
    }

    private static double RelativeError(float[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            difference += (expected[i] - actual[i]) * (expected[i] - actual[i]);
            norm += (double)expected[i] * expected[i];
        }

        return Math.Sqrt(difference / norm);
    }
}
