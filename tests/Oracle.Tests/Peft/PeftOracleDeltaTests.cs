namespace Transfuse.Oracle.Tests.Peft;

public class PeftOracleDeltaTests
{
    // Recorded deltas are float32 differences of merged and base weights, also in the 16-bit cases (measured: at most 8.3e-8).
    private const double Tolerance = 2e-7;

    [Fact]
    public void Merged_weights_change_as_recorded_by_peft()
    {
        int parameters = 0;
        int cases = CaseLoop.Run(Fixtures.PeftCases.Where(c => c.PeftType == "LORA" && c.ExpectedDeltas.Count > 0), fixture =>
        {
            HfBase hfBase = HfBase.Fixture(fixture.Base);
            IReadOnlyDictionary<string, DenseArray> weights = hfBase.Weights;
            PeftReading reading = PeftOracle.Read(fixture.AdapterFolder, hfBase);
            Assert.Empty(reading.Unread);
            Dictionary<string, DenseArray> merged = reading.MergeInto(weights);
            foreach ((string path, DenseArray expected) in fixture.ExpectedDeltas)
            {
                DenseArray change = Dense.Add(merged[path], Dense.Negate(weights[path]));
                DeltaComparison.AssertClose(change, expected, Tolerance, path);
                parameters++;
            }
        });
        Assert.Equal(30, cases);
        Assert.Equal(150, parameters);
    }

    [Fact]
    public void Plain_deltas_are_the_recorded_changes()
    {
        int parameters = 0;
        int cases = CaseLoop.Run(
            Fixtures.PeftCases.Where(c => c.PeftType == "LORA" && c.ExpectedDeltas.Count > 0 && c.Name != "llama_dora"),
            fixture =>
            {
                PeftReading reading = PeftOracle.Read(fixture.AdapterFolder, HfBase.Fixture(fixture.Base));
                foreach ((string path, OracleDelta delta) in reading.Deltas)
                {
                    if (fixture.ExpectedDeltas.TryGetValue(path, out DenseArray? expected))
                    {
                        DeltaComparison.AssertClose(delta.Delta, expected, Tolerance, path);
                        parameters++;
                    }
                }
            });
        Assert.Equal(29, cases);
        Assert.Equal(137, parameters);
    }

    [Fact]
    public void Nothing_outside_the_adapter_is_recorded_as_changed()
    {
        int cases = CaseLoop.Run(Fixtures.PeftCases.Where(c => c.PeftType == "LORA" && c.ExpectedDeltas.Count > 0), fixture =>
        {
            PeftReading reading = PeftOracle.Read(fixture.AdapterFolder, HfBase.Fixture(fixture.Base));
            IEnumerable<string> explained = reading.Deltas.Keys.Concat(reading.Replacements.Keys).Concat(reading.TokenRows.Keys);
            Assert.Empty(fixture.ExpectedDeltas.Keys.Except(explained));
        });
        Assert.Equal(30, cases);
    }

    [Fact]
    public void Rank_major_columns_of_experts_are_told_from_expert_major_ones()
    {
        FixtureCase fixture = Fixtures.Case("mixtral_params");
        Dictionary<string, OracleTensor> tensors = new(PeftFiles.ReadTensors(fixture.AdapterFolder));
        const string name = "base_model.model.model.layers.1.mlp.experts.lora_B.weight";
        DenseArray b = tensors[name].ToArray();
        DenseArray swapped = DenseArray.Zeros(b.Shape);
        for (int o = 0; o < b.Shape[0]; o++)
        {
            for (int k = 0; k < 8; k++)
            {
                for (int e = 0; e < 4; e++)
                {
                    swapped[o, (e * 8) + k] = b[o, (k * 4) + e];
                }
            }
        }

        tensors[name] = OracleTensor.F32(name, swapped);
        PeftReading reading = PeftOracle.Read(OracleJson.Read(Path.Combine(fixture.AdapterFolder, "adapter_config.json")), tensors, HfBase.Fixture("mixtral"));
        DeltaComparison comparison = DeltaComparison.Of(
            reading.Deltas["model.layers.1.mlp.experts.down_proj"].Delta, fixture.ExpectedDeltas["model.layers.1.mlp.experts.down_proj"]);
        Assert.True(comparison.RelativeError > 0.5, $"{comparison}");
    }
}
