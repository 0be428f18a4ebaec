using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Inference;

namespace Transfuse.Metadata.Tests.Inference;

public class ValueInferenceTests
{
    public static TheoryData<double[]?, double?> Scales { get; } = new()
    {
        { [2.0], 2.0 },
        { [20], 20.0 },
        { [2.0, 2.0, 2.0, 2.0], 2.0 },
        { [0.1, 0.1f], 0.1 },
        { [-1], -1.0 },
        { [2.0, 3.0], null },
        { [], null },
        { null, null },
        { [double.NaN], null },
        { [2.0, double.PositiveInfinity], null },
    };

    [Theory]
    [MemberData(nameof(Scales))]
    public void A_layer_has_one_scale_or_equal_ones_for_its_experts(double[]? values, double? expected) =>
        Assert.Equal(expected, ScaleInference.OfLayer(values));

    [Fact]
    public void Layers_share_a_scale_or_there_is_none()
    {
        Assert.Equal(2, ScaleInference.Common([2, 2, 2]));
        Assert.Null(ScaleInference.Common([2, 2.5]));
        Assert.Null(ScaleInference.Common([2, null]));
        Assert.Null(ScaleInference.Common([]));
    }

    [Theory]
    [InlineData(0.9, null, 0.1)]
    [InlineData(0.9, 0.5, 0.1)]
    [InlineData(1.0, 0.5, 0.0)]
    [InlineData(0.95, null, 0.05)]
    [InlineData(null, 0.05, 0.05)]
    [InlineData(null, null, 0.0)]
    [InlineData(0.0, 0.25, 0.25)]
    [InlineData(double.NaN, 0.25, 0.25)]
    [InlineData(-0.5, null, 0.0)]
    [InlineData(null, 1.0, 0.0)]
    [InlineData(null, double.NaN, 0.0)]
    public void The_keep_probability_wins_over_a_stale_probability(double? keep, double? stale, double expected) =>
        Assert.Equal(expected, DropoutInference.OfLayer(keep, stale));

    [Theory]
    [InlineData(0.09999999999999998, 0.1)]
    [InlineData(0.050000000000000044, 0.05)]
    [InlineData(0.30000000000000004, 0.3)]
    [InlineData(0.1, 0.1)]
    [InlineData(0.123456789, 0.123456789)]
    [InlineData(0.0, 0.0)]
    public void Drift_is_taken_out_and_nothing_else(double drifted, double expected) => Assert.Equal(expected, DropoutInference.Undrift(drifted));

    [Fact]
    public void Every_probability_of_three_digits_survives_the_way_through_the_keep_probability()
    {
        for (int thousandths = 0; thousandths < 1000; thousandths++)
        {
            double p = thousandths / 1000.0;
            Assert.Equal(p, DropoutInference.OfLayer(1 - p, null));
        }
    }

    [Theory]
    [InlineData(0.0, true)]
    [InlineData(0.999, true)]
    [InlineData(1.0, false)]
    [InlineData(-0.1, false)]
    [InlineData(double.NaN, false)]
    public void Probabilities_are_those_that_MLX_takes(double value, bool expected) => Assert.Equal(expected, DropoutInference.IsProbability(value));

    [Theory]
    [InlineData(new bool[0], nameof(FineTuneKind.Lora), "lora")]
    [InlineData(new[] { false, false }, nameof(FineTuneKind.Lora), "lora")]
    [InlineData(new[] { true, true }, nameof(FineTuneKind.Dora), "dora")]
    [InlineData(new[] { true, false }, nameof(FineTuneKind.Mixed), "dora")]
    public void Magnitudes_tell_the_kind(bool[] magnitudes, string kind, string text)
    {
        FineTuneKind actual = FineTuneInference.Infer(magnitudes);
        Assert.Equal((kind, text), (actual.ToString(), actual.ToText()));
    }

    [Fact]
    public void Names_tell_the_layers()
    {
        Assert.Null(LayerInference.Infer([ModulePath.Parse("lm_head")]));
        Assert.Equal(new LayerEvidence(1, 2, 2, true), Layers("m.layers.1.q", "m.layers.2.q", "lm_head"));
        Assert.Equal(new LayerEvidence(0, 2, 2, true), Layers("m.layers.0.q", "m.layers.2.q"));
        Assert.Equal(new LayerEvidence(0, 1, 2, false), Layers("m.layers.0.q", "m.layers.1.q", "m.layers.1.v"));
        Assert.Equal(new LayerEvidence(0, 1, 2, false), Layers("m.layers.0.q", "n.layers.1.q"));
        Assert.Equal(new LayerEvidence(0, int.MaxValue, 2, true), Layers("m.layers.0.q", $"m.layers.{int.MaxValue}.q"));
        Assert.Equal((1L << 31), Layers("m.layers.0.q", $"m.layers.{int.MaxValue}.q")!.Span);
    }

    [Theory]
    [InlineData(2, null, true)]
    [InlineData(1, null, false)]
    [InlineData(-1, null, true)]
    [InlineData(0, null, true)]
    [InlineData(16, null, true)]
    [InlineData(2, 3, true)]
    [InlineData(2, 4, false)]
    [InlineData(3, 4, true)]
    public void The_last_layers_must_begin_before_the_first_adapted_one(long stated, int? baseLayers, bool expected) =>
        Assert.Equal(expected, Layers("m.layers.1.q", "m.layers.2.q")!.IsReachedBy(stated, baseLayers));

    private static LayerEvidence? Layers(params string[] paths) => LayerInference.Infer(paths.Select(ModulePath.Parse));
}
