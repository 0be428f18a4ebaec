namespace Transfuse.Oracle.Tests.Hub;

public class AdapterEquivalenceTests
{
    [Fact]
    public void Factors_transposed_by_hand_mean_the_same_with_dora_as_well()
    {
        FixtureCase fixture = Fixtures.Case("llama_dora");
        HfBase llama = HfBase.Fixture("llama");
        Dictionary<string, OracleTensor> mlx = [];
        foreach (OracleTensor tensor in PeftFiles.ReadTensors(fixture.AdapterFolder).Values)
        {
            string name = tensor.Name["base_model.model.".Length..]
                .Replace("lora_A.weight", "lora_a", StringComparison.Ordinal)
                .Replace("lora_B.weight", "lora_b", StringComparison.Ordinal)
                .Replace("lora_magnitude_vector", "m", StringComparison.Ordinal);
            DenseArray array = tensor.ToArray();
            mlx[name] = OracleTensor.F32(name, array.Rank == 2 ? Dense.Transpose(array) : array);
        }

        IReadOnlyDictionary<string, OracleDelta> parameters = PeftOracle.Read(fixture.AdapterFolder, llama).Deltas;
        Dictionary<string, OracleDelta> modules = new(MlxOracle.Read(default, mlx, scale: 2).Deltas);
        AdapterEquivalence.AssertSame(parameters, modules, llama, 1e-14);

        const string path = "model.layers.1.mlp.up_proj";
        modules[path] = modules[path] with { Magnitude = Dense.Scale(modules[path].Magnitude!, 1.01) };
        modules.Remove("model.layers.0.mlp.up_proj");
        Assert.Equal(
            [
                "model.layers.0.mlp.up_proj: delta on the PEFT side only",
                "model.layers.0.mlp.up_proj: magnitude on the PEFT side only",
                $"{path}: magnitude differs by 1.00E-002",
            ],
            AdapterEquivalence.Differences(parameters, modules, llama, 1e-6));
    }

    [Fact]
    public void Experts_split_by_hand_mean_the_same()
    {
        FixtureCase fixture = Fixtures.Case("gpt_oss_params");
        HfBase gptOss = HfBase.Fixture("gpt_oss");
        IReadOnlyDictionary<string, OracleDelta> parameters = PeftOracle.Read(fixture.AdapterFolder, gptOss).Deltas;
        Dictionary<string, OracleDelta> modules = [];
        foreach ((string path, OracleDelta delta) in parameters)
        {
            DenseArray rows = path.EndsWith(".weight", StringComparison.Ordinal) ? delta.Delta : Dense.Transpose(delta.Delta);
            if (path.EndsWith("gate_up_proj", StringComparison.Ordinal))
            {
                string gate = path.Replace("gate_up_proj", "gate_proj", StringComparison.Ordinal);
                string up = path.Replace("gate_up_proj", "up_proj", StringComparison.Ordinal);
                modules[gate] = delta with { Path = gate, Delta = Dense.Rows(rows, 0, 2, 96) };
                modules[up] = delta with { Path = up, Delta = Dense.Rows(rows, 1, 2, 96) };
            }
            else
            {
                string module = path.Replace(".weight", "", StringComparison.Ordinal);
                modules[module] = delta with { Path = module, Delta = rows };
            }
        }

        AdapterEquivalence.AssertSame(parameters, modules, gptOss, 0);
    }

    [Fact]
    public void A_tied_head_must_change_with_the_embedding()
    {
        HfBase gemma = HfBase.Fixture("gemma3_text");
        DenseArray table = new([112, 64], [.. Enumerable.Range(0, 112 * 64).Select(i => i / 1000.0)]);
        OracleDelta embedding = new("model.embed_tokens.weight", table, 1, 1);
        Dictionary<string, OracleDelta> modules = new() { ["model.embed_tokens"] = embedding };
        Dictionary<string, OracleDelta> parameters = new() { [embedding.Path] = embedding };
        Assert.Equal(["the embedding and the tied head are not changed alike"], AdapterEquivalence.Differences(parameters, modules, gemma, 1e-6));
        parameters["lm_head.weight"] = embedding with { Path = "lm_head.weight" };
        AdapterEquivalence.AssertSame(parameters, modules, gemma, 0);
    }

    [Fact]
    public void What_mlx_cannot_hold_is_a_difference()
    {
        FixtureCase fixture = Fixtures.Case("deepseek_v3_attn");
        HfBase deepseek = HfBase.Fixture("deepseek_v3");
        IReadOnlyDictionary<string, OracleDelta> parameters = PeftOracle.Read(fixture.AdapterFolder, deepseek).Deltas;
        Dictionary<string, OracleDelta> modules = parameters.Where(p => !p.Key.Contains("kv_b_proj", StringComparison.Ordinal))
            .ToDictionary(p => p.Key[..^".weight".Length], p => p.Value);
        Assert.Equal(
            Enumerable.Range(0, 3).Select(i => $"model.layers.{i}.self_attn.kv_b_proj.weight has no form in MLX"),
            AdapterEquivalence.Differences(parameters, modules, deepseek, 0));
    }
}
