using Transfuse.Apply.Backends.Mlx;
using Transfuse.Apply.Models;
using Transfuse.Apply.Tests.Support;

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

        Assert.InRange(Typical(recorded.LogitsBase, model.Logits(recorded.Ids, 2)), 0, Share);
        adapter.LoadInto(model);
        Assert.InRange(Typical(recorded.LogitsAdapter, model.Logits(recorded.Ids, 2)), 0, Share);
    }

    private static double Typical(float[] expected, float[] actual)
    {
        Assert.All(actual, value => Assert.True(float.IsFinite(value)));
        double[] differences = [.. expected.Zip(actual, (first, second) => Math.Abs((double)first - second)).Order()];
        return differences[differences.Length / 2] / expected.Max(Math.Abs);
    }
}
