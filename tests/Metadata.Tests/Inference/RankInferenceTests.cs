using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Inference;

namespace Transfuse.Metadata.Tests.Inference;

public class RankInferenceTests
{
    public static TheoryData<long[]?, long[]?, bool, string, long> Table { get; } = new()
    {
        // Plain: (in, r) and (r, out).
        { [512, 4], [4, 512], false, nameof(MlxFactorShape.Plain), 4 },
        { [64, 8], [8, 32], false, nameof(MlxFactorShape.Plain), 8 },
        { [8, 8], [8, 8], false, nameof(MlxFactorShape.Plain), 8 },
        { [512, 4], [8, 512], false, nameof(MlxFactorShape.None), 0 },
        { [4, 512], [512, 4], false, nameof(MlxFactorShape.Plain), 512 },

        // Layers: (r, in) and (out, r).
        { [4, 512], [512, 4], true, nameof(MlxFactorShape.LayerBacked), 4 },
        { [4, 512], [256, 8], true, nameof(MlxFactorShape.None), 0 },

        // Stacked experts: (E, r, in) and (E, out, r).
        { [8, 4, 512], [8, 512, 4], false, nameof(MlxFactorShape.Experts), 4 },
        { [8, 4, 512], [8, 512, 4], true, nameof(MlxFactorShape.Experts), 4 },
        { [8, 4, 512], [8, 4, 512], false, nameof(MlxFactorShape.None), 0 },
        { [8, 4, 512], [4, 512, 4], false, nameof(MlxFactorShape.None), 0 },
        { [8, 4, 512], [512, 4], false, nameof(MlxFactorShape.None), 0 },
        { [2, 8, 4, 512], [2, 8, 512, 4], false, nameof(MlxFactorShape.Deep), 4 },
        { [2, 8, 4, 512], [3, 8, 512, 4], false, nameof(MlxFactorShape.None), 0 },
        { [2, 8, 4, 512], [8, 512, 4], false, nameof(MlxFactorShape.None), 0 },

        // Flattened experts: (E r, in) and (E, out, r).
        { [32, 512], [8, 256, 4], false, nameof(MlxFactorShape.FlattenedExperts), 4 },
        { [4, 64], [2, 16, 2], false, nameof(MlxFactorShape.FlattenedExperts), 2 },
        { [64, 64], [8, 48, 8], false, nameof(MlxFactorShape.FlattenedExperts), 8 },
        { [33, 512], [8, 256, 4], false, nameof(MlxFactorShape.None), 0 },

        // Nothing to compare.
        { null, [4, 512], false, nameof(MlxFactorShape.None), 0 },
        { [512, 4], null, false, nameof(MlxFactorShape.None), 0 },
        { null, null, true, nameof(MlxFactorShape.None), 0 },
        { [512, 4], [4], false, nameof(MlxFactorShape.None), 0 },
        { [512], [4, 512], false, nameof(MlxFactorShape.None), 0 },
        { [], [], false, nameof(MlxFactorShape.None), 0 },
        { [long.MaxValue, 1], [1, 1, 1], false, nameof(MlxFactorShape.None), 0 },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Both_factors_must_agree(long[]? a, long[]? b, bool layerBacked, string form, long rank)
    {
        (MlxFactorShape actual, long inferred) = RankInference.Infer(Shape(a), Shape(b), layerBacked);
        Assert.Equal((form, rank), (actual.ToString(), inferred));
    }

    [Fact]
    public void Experts_times_rank_beyond_64_bits_is_no_agreement() =>
        Assert.Equal((MlxFactorShape.None, 0), RankInference.Infer(new TensorShape(0, 5), new TensorShape(1L << 33, 0, 1L << 33), false));

    private static TensorShape? Shape(long[]? dimensions) => dimensions is null ? null : new TensorShape(dimensions);
}
