using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Inference;

namespace Transfuse.Metadata.Tests.Inference;

public class RankInferenceTests
{
    public static TheoryData<long[]?, long[]?, bool, MlxFactorShape, long> Table { get; } = new()
    {
        // Plain: (in, r) and (r, out).
        { [512, 4], [4, 512], false, MlxFactorShape.Plain, 4 },
        { [64, 8], [8, 32], false, MlxFactorShape.Plain, 8 },
        { [8, 8], [8, 8], false, MlxFactorShape.Plain, 8 },
        { [512, 4], [8, 512], false, MlxFactorShape.None, 0 },
        { [4, 512], [512, 4], false, MlxFactorShape.Plain, 512 },

        // Layers: (r, in) and (out, r).
        { [4, 512], [512, 4], true, MlxFactorShape.LayerBacked, 4 },
        { [4, 512], [256, 8], true, MlxFactorShape.None, 0 },

        // Stacked experts: (E, r, in) and (E, out, r).
        { [8, 4, 512], [8, 512, 4], false, MlxFactorShape.Experts, 4 },
        { [8, 4, 512], [8, 512, 4], true, MlxFactorShape.Experts, 4 },
        { [8, 4, 512], [8, 4, 512], false, MlxFactorShape.None, 0 },
        { [8, 4, 512], [4, 512, 4], false, MlxFactorShape.None, 0 },
        { [8, 4, 512], [512, 4], false, MlxFactorShape.None, 0 },
        { [2, 8, 4, 512], [2, 8, 512, 4], false, MlxFactorShape.Deep, 4 },
        { [2, 8, 4, 512], [3, 8, 512, 4], false, MlxFactorShape.None, 0 },
        { [2, 8, 4, 512], [8, 512, 4], false, MlxFactorShape.None, 0 },

        // Flattened experts: (E r, in) and (E, out, r).
        { [32, 512], [8, 256, 4], false, MlxFactorShape.FlattenedExperts, 4 },
        { [4, 64], [2, 16, 2], false, MlxFactorShape.FlattenedExperts, 2 },
        { [64, 64], [8, 48, 8], false, MlxFactorShape.FlattenedExperts, 8 },
        { [33, 512], [8, 256, 4], false, MlxFactorShape.None, 0 },

        // Nothing to compare.
        { null, [4, 512], false, MlxFactorShape.None, 0 },
        { [512, 4], null, false, MlxFactorShape.None, 0 },
        { null, null, true, MlxFactorShape.None, 0 },
        { [512, 4], [4], false, MlxFactorShape.None, 0 },
        { [512], [4, 512], false, MlxFactorShape.None, 0 },
        { [], [], false, MlxFactorShape.None, 0 },
        { [long.MaxValue, 1], [1, 1, 1], false, MlxFactorShape.None, 0 },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Both_factors_must_agree(long[]? a, long[]? b, bool layerBacked, MlxFactorShape form, long rank) =>
        Assert.Equal((form, rank), RankInference.Infer(Shape(a), Shape(b), layerBacked));

    [Fact]
    public void Experts_times_rank_beyond_64_bits_is_no_agreement() =>
        Assert.Equal((MlxFactorShape.None, 0), RankInference.Infer(new TensorShape(0, 5), new TensorShape(1L << 33, 0, 1L << 33), false));

    private static TensorShape? Shape(long[]? dimensions) => dimensions is null ? null : new TensorShape(dimensions);
}
