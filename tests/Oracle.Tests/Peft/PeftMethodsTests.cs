namespace Transfuse.Oracle.Tests.Peft;

public class PeftMethodsTests
{
    [Fact]
    public void Deltas_and_logits_are_those_of_peft()
    {
        int parameters = 0;
        int cases = CaseLoop.Run(Fixtures.PeftCases.Where(c => c.PeftType != "LORA"), fixture =>
        {
            HfBase hfBase = HfBase.Fixture(fixture.Base);
            IReadOnlyDictionary<string, OracleDelta> deltas = PeftMethods.Read(
                OracleJson.Read(Path.Combine(fixture.AdapterFolder, "adapter_config.json")), PeftFiles.ReadTensors(fixture.AdapterFolder), hfBase);
            foreach ((string path, DenseArray expected) in fixture.ExpectedDeltas)
            {
                // Recorded as merged less base in float32: where the change is small against the weight, half a unit of the weight shows.
                DeltaComparison.AssertClose(deltas[path].Delta, expected, 1e-6, path);
                parameters++;
            }

            DenseArray logits = LogitsOracle.OfParameters(hfBase, deltas.ToDictionary(d => d.Key, d => d.Value.Delta), fixture.InputIds);
            Assert.InRange(DeltaComparison.Of(logits, fixture.Expected["logits_adapter"].ToArray()).MaximumDifference, 0, 2e-5);
        });
        Assert.Equal(5, cases);
        Assert.Equal(17, parameters);
    }
}
