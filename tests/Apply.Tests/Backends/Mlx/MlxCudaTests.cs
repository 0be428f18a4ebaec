using System.Runtime.InteropServices;
using Transfuse.Apply.Backends;
using Transfuse.Apply.Backends.Mlx;
using Transfuse.Apply.Quantization;
using Transfuse.Apply.Tests.Support;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Tests.Backends.Mlx;

/// <summary>What is done for CUDA alone, as far as it can be tried without a GPU.</summary>
public class MlxCudaTests
{
    [Theory]
    [InlineData("sm_90", true)]
    [InlineData("sm_80", false)]
    [InlineData("sm_120", false)]
    [InlineData("applegpu_g15s", false)]
    [InlineData(null, false)]
    public void Only_one_generation_expands_rows_of_one_group(string? architecture, bool expands) =>
        Assert.Equal(expands, MlxCuda.ExpandsRowsOfOneGroup(architecture));

    [Theory]
    [InlineData("eval: Failed to compile kernel: indexing.cuh(3): catastrophic error: cannot open source file \"cuda/std/tuple\"", true)]
    [InlineData("eval: Can not find locations of CUDA headers, please set environment variable CUDA_HOME or CUDA_PATH.", true)]
    [InlineData("eval: out of memory", false)]
    public void Headers_that_are_missing_are_asked_for(string message, bool advises) =>
        Assert.Equal(advises, MlxCuda.Advice(message)?.Contains("CUDA_HOME", StringComparison.Ordinal) == true);

    [Theory]
    [InlineData(4, 64)]
    [InlineData(6, 64)]
    [InlineData(8, 128)]
    public void Rows_of_one_group_give_the_same_product_expanded(int bits, int group)
    {
        _ = TestBackends.Library;
        float[] kept = Product(bits, group, false), expanded = Product(bits, group, true);

        Assert.Contains(kept, value => Math.Abs(value) > 0.1);
        Assert.All(kept.Zip(expanded), pair => Assert.Equal(pair.First, pair.Second, 1e-3));
    }

    private static float[] Product(int bits, int group, bool expands) => MlxThread.Shared.Invoke(() =>
    {
        const int Rows = 5;
        var random = new Random(bits);
        byte[] packed = new byte[Rows * group * bits / 8];
        random.NextBytes(packed);
        LazyTensor Column(float factor) => new MemoryTensor(
            DType.F32, new TensorShape(Rows, 1),
            MemoryMarshal.AsBytes(Enumerable.Range(1, Rows).Select(row => row * factor).ToArray().AsSpan()).ToArray());
        var source = new WeightSource(
            "w", new MemoryTensor(DType.U32, new TensorShape(Rows, group * bits / 32), packed), Column(0.01f), Column(-0.1f),
            QuantizationForm.TryCreate("affine", group, bits)!);
        var operations = new MlxOperations(MlxDevice.Stream(false), new MlxOptions { OnCpu = true }, new MlxGaps(expands, true));
        MlxScope scope = MlxScope.Begin();
        try
        {
            float[] x = [.. Enumerable.Range(0, 3 * group).Select(_ => (float)random.NextDouble() - 0.5f)];
            BackendArray y = operations.Linear(operations.FromSingles(x, [3, group]), new MlxWeight(source), null);
            return operations.ToSingles(y);
        }
        finally
        {
            scope.End();
        }
    });
}
