namespace Transfuse.Oracle.Tests.Mlx;

public class MlxOracleTests
{
    [Fact]
    public void Linear_is_the_transpose_of_a_times_b()
    {
        OracleDelta delta = MlxOracle.Delta("p", new DenseArray([2, 1], [1, 2]), new DenseArray([1, 3], [3, 4, 5]), 10, isEmbedding: false);
        Assert.Equal([3L, 2L], delta.Delta.Shape);
        Assert.Equal([30, 60, 40, 80, 50, 100], delta.Delta.Values);
        Assert.Equal(1, delta.Rank);
    }

    [Fact]
    public void Embedding_is_a_times_b()
    {
        OracleDelta delta = MlxOracle.Delta("p", new DenseArray([2, 1], [1, 2]), new DenseArray([1, 3], [3, 4, 5]), 10, isEmbedding: true);
        Assert.Equal([2L, 3L], delta.Delta.Shape);
        Assert.Equal([30, 40, 50, 60, 80, 100], delta.Delta.Values);
    }

    [Fact]
    public void Switch_multiplies_b_by_a_per_expert_in_both_forms()
    {
        DenseArray b = new([2, 1, 2], [1, 10, 2, 20]);
        DenseArray flat = new([4, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        OracleDelta delta = MlxOracle.Delta("p", flat, b, 1, isEmbedding: false);
        Assert.Equal([2L, 1L, 3L], delta.Delta.Shape);
        Assert.Equal([41, 52, 63, 214, 236, 258], delta.Delta.Values);
        Assert.Equal(delta.Delta.Values, MlxOracle.Delta("p", Dense.Reshape(flat, 2, 2, 3), b, 1, false).Delta.Values);
        Assert.Equal(2, delta.Rank);
    }

    [Theory]
    [InlineData("""{"fine_tune_type": "lora", "num_layers": 2, "lora_parameters": {"rank": 8, "alpha": 16, "scale": 10}}""", 10)]
    [InlineData("""{"lora_layers": 2, "lora_parameters": {"rank": 8, "scale": 10}, "use_dora": false}""", 10)]
    [InlineData("""{"lora_layers": 2, "lora_parameters": {"rank": 8, "alpha": 16, "scale": 10}}""", 20)]
    public void Scale_follows_the_writer(string config, double expected) =>
        Assert.Equal(expected, MlxScale.Of(OracleJson.Parse(config)));

    [Fact]
    public void Scale_is_not_guessed_where_two_writers_disagree()
    {
        FixtureCase fixture = Fixtures.Case("legacy_alpha_ambiguous");
        Assert.Throws<InvalidDataException>(() => MlxOracle.Read(fixture.AdapterFolder));
        Assert.Throws<InvalidDataException>(() => MlxOracle.Read(Fixtures.Case("vlm_legacy").AdapterFolder));
        Assert.Equal(4, MlxOracle.Read(fixture.AdapterFolder, scale: 10).Deltas.Count);
    }

    [Fact]
    public void Ranks_and_scales_are_those_that_the_cases_state()
    {
        int cases = CaseLoop.Run(
            Fixtures.MlxCases.Where(c => c.Name is not ("legacy_alpha_ambiguous" or "legacy_npz" or "vlm_legacy" or "mlx_llama_full")), fixture =>
        {
            MlxReading reading = MlxOracle.Read(fixture.AdapterFolder, MlxBase.Fixture(fixture.Base).IsEmbedding);
            Assert.NotEmpty(reading.Deltas);
            Assert.All(reading.Deltas.Values, d => Assert.Equal(fixture.Json.GetNumber("rank", 0), d.Rank));
            Assert.All(reading.Deltas.Values, d => Assert.Equal(fixture.Json.GetNumber("scale", 0), d.Scale));
            Assert.Equal(fixture.Json.GetText("fine_tune_type") == "dora", reading.Deltas.Values.All(d => d.Magnitude is not null));
        });
        Assert.Equal(21, cases);
    }
}
