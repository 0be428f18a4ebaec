using System.Runtime.InteropServices;
using Transfuse.Apply.Backends.Mlx;
using Transfuse.Apply.Models;
using Transfuse.Apply.Tests.Support;
using Transfuse.Formats.Files;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Models;

/// <summary>The recorded models in the dtype of their weights, as mlx-lm runs them: 16 bits, with what it computes in float32.</summary>
public class WeightsDtypeTests
{
    // Half of all logits are nearer than this to those in float32, as a share of the largest. The other half is not looked at: where two experts score alike,
    // rounding chooses, and then a token's logits differ as a whole.
    private const double Share = 0.012;

    [Theory]
    [MemberData(nameof(RecordedModelTests.Run), MemberType = typeof(RecordedModelTests))]
    public void Rounds_and_does_no_more(string name)
    {
        ModelCase recorded = ModelCase.Load(name);
        using var backend = new MlxBackend(TestBackends.Library, new MlxOptions { OnCpu = true, Compute = MlxCompute.Weights });
        using LanguageModel model = LanguageModel.Load(recorded.Base, backend);
        using AdapterContainer adapter = AdapterContainer.FromFolder(recorded.Adapter, model.Source);

        float[] off = model.Logits(recorded.Ids, 2);
        adapter.LoadInto(model);
        float[] on = model.Logits(recorded.Ids, 2);

        Assert.InRange(Typical(recorded.LogitsBase, off), 0, Share);
        Assert.InRange(Typical(recorded.LogitsAdapter, on), 0, Share);
        Assert.True(Typical(recorded.LogitsAdapter, off) > 2 * Typical(recorded.LogitsAdapter, on));
    }

    [Fact]
    public void What_factors_are_stored_in_does_not_widen_the_stream()
    {
        ModelCase llama = ModelCase.Load("llama");
        using var folder = new TemporaryFolder();
        float[][] logits = [.. new[] { DType.F32, DType.F16, DType.BF16, DType.F64 }.Select(dtype =>
        {
            string path = Directory.CreateDirectory(folder[dtype.ToString()]).FullName;
            Write(llama, dtype, path);
            using var backend = new MlxBackend(TestBackends.Library, new MlxOptions { OnCpu = true, Compute = MlxCompute.Weights });
            using LanguageModel model = LanguageModel.Load(llama.Base, backend);
            using AdapterContainer adapter = AdapterContainer.FromFolder(path, model.Source);
            adapter.LoadInto(model);
            return model.Logits(llama.Ids, 2);
        })];

        Assert.All(logits, run => Assert.All(run, value => Assert.Equal(0u, BitConverter.SingleToUInt32Bits(value) & 0xFFFF)));
        Assert.Equal(logits[0], logits[3]);
        Assert.All(logits, run => Assert.InRange(Typical(logits[0], run), 0, Share));
    }

    // Factors on an attention's projection and on the embedding, of numbers that all dtypes hold.
    private static void Write(ModelCase model, DType dtype, string folder)
    {
        const int Rank = 4;
        var random = new Random(5);
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(model.Base, "model.safetensors"));
        TensorShape Of(string name) => weights.Tensors.Single(tensor => tensor.Name == name).Tensor.Shape;
        NamedTensor Factor(string name, long rows, long columns)
        {
            float[] values = [.. Enumerable.Range(0, (int)(rows * columns)).Select(_ => random.Next(-8, 9) / 16f)];
            return new(name, new MemoryTensor(DType.F32, new TensorShape(rows, columns), MemoryMarshal.AsBytes(values.AsSpan()).ToArray()).Cast(dtype));
        }

        TensorShape embedding = Of("model.embed_tokens.weight"), query = Of("model.layers.0.self_attn.q_proj.weight");
        using (var file = new FileByteSink(Path.Combine(folder, "adapters.safetensors")))
        {
            SafetensorsWriter.Write(
                file,
                [
                    Factor("model.embed_tokens.lora_a", embedding[0], Rank), Factor("model.embed_tokens.lora_b", Rank, embedding[1]),
                    Factor("model.layers.0.self_attn.q_proj.lora_a", query[1], Rank), Factor("model.layers.0.self_attn.q_proj.lora_b", Rank, query[0]),
                ],
                null);
        }

        File.WriteAllText(
            Path.Combine(folder, "adapter_config.json"),
            """
            {"fine_tune_type": "lora", "num_layers": 1, "lora_parameters": {"rank": 4, "scale": 2.0, "dropout": 0.0,
             "keys": ["self_attn.q_proj", "model.embed_tokens"]}}
            """);
    }

    private static double Typical(float[] expected, float[] actual)
    {
        Assert.All(actual, value => Assert.True(float.IsFinite(value)));
        double[] differences = [.. expected.Zip(actual, (first, second) => Math.Abs((double)first - second)).Order()];
        return differences[differences.Length / 2] / expected.Max(Math.Abs);
    }
}
