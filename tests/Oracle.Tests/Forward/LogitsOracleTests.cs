namespace Transfuse.Oracle.Tests.Forward;

public class LogitsOracleTests
{
    [Fact]
    public void Base_logits_are_those_of_transformers()
    {
        int cases = CaseLoop.Run(Fixtures.PeftCases.Where(c => c.ComputeDType == "float32"), fixture =>
            AssertNear(LogitsOracle.OfBase(HfBase.Fixture(fixture.Base), fixture.InputIds), fixture, "logits_base", 1e-5));
        Assert.Equal(35, cases);
    }

    [Fact]
    public void Base_logits_are_those_of_mlx_lm()
    {
        int cases = CaseLoop.Run(Fixtures.MlxCases, fixture =>
            AssertNear(LogitsOracle.OfBase(MlxBase.Fixture(fixture.Base), fixture.InputIds), fixture, "logits_base", 1e-5));
        Assert.Equal(25, cases);
    }

    [Fact]
    public void Adapter_logits_are_those_of_peft()
    {
        int cases = CaseLoop.Run(Fixtures.PeftCases.Where(c => c.PeftType == "LORA"), fixture =>
        {
            // 16-bit cases were computed in 16 bits by torch: eight (bfloat16) or eleven (float16) bits through three layers.
            double share = fixture.ComputeDType switch { "bfloat16" => 3e-2, "float16" => 4e-3, _ => 2e-5 };
            AssertNear(
                LogitsOracle.OfPeft(fixture.AdapterFolder, HfBase.Fixture(fixture.Base), fixture.InputIds), fixture, "logits_adapter", share * Shift(fixture));
        });
        Assert.Equal(34, cases);
    }

    [Fact]
    public void Adapter_logits_are_those_of_mlx_lm()
    {
        int cases = CaseLoop.Run(Fixtures.MlxCases, fixture =>
        {
            // One fixture has the paths of a vision-language model on a text base.
            MlxBase mlxBase = MlxBase.Fixture(fixture.Base);
            MlxReading reading = MlxOracle.Read(fixture.AdapterFolder, mlxBase.IsEmbedding, fixture.Json.GetNumber("scale", 0));
            Assert.Empty(reading.Unread);
            IEnumerable<OracleDelta> deltas = reading.Deltas.Values
                .Select(d => d with { Path = d.Path.Replace("language_model.", "", StringComparison.Ordinal) });
            AssertNear(LogitsOracle.OfMlx(mlxBase, deltas, reading.Weights, fixture.InputIds), fixture, "logits_adapter", 2e-5 * Shift(fixture));
        });
        Assert.Equal(25, cases);
    }

    [Fact]
    public void A_doubled_scale_is_seen()
    {
        FixtureCase fixture = Fixtures.Case("mlx_llama_qv");
        DenseArray logits = LogitsOracle.OfMlx(fixture.AdapterFolder, MlxBase.Fixture("llama"), fixture.InputIds, scale: 40);
        double difference = DeltaComparison.Of(logits, fixture.Expected["logits_adapter"].ToArray()).MaximumDifference;
        Assert.True(difference > 0.1 * Shift(fixture), $"{difference}");
    }

    private static double Shift(FixtureCase fixture) =>
        DeltaComparison.Of(fixture.Expected["logits_adapter"].ToArray(), fixture.Expected["logits_base"].ToArray()).MaximumDifference;

    private static void AssertNear(DenseArray actual, FixtureCase fixture, string expected, double tolerance)
    {
        double difference = DeltaComparison.Of(actual, fixture.Expected[expected].ToArray()).MaximumDifference;
        Assert.True(difference <= tolerance, $"differs by {difference:E2}, allowed {tolerance:E2}");
    }
}
