using System.Text.Json.Nodes;
using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Tests.Readers;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Checking;

/// <summary>Whatever stands in a folder, a check ends with a verdict.</summary>
public class HostileFolderTests
{
    private static readonly string[] Values =
        ["null", "true", "[]", "{}", "[null]", "[[]]", "\"\"", "\"(\"", "\"a.b\"", "0", "-1", "1e400", "1e-9", "9223372036854775807", "99999999999999999999", "[\"\"]", "[\"..\", \"a..b\", \"1.2.3\"]", "{\"(\": 1, \"\": 0}"];

    private static readonly string[] Names =
    [
        "lora_a", ".lora_a", "m", ".m", "a.m", "..", "lora_A.weight", "base_model.model.lora_A.weight", "base_model.model..lora_A.weight",
        "base_model.model.base_layer.lora_B.weight",
        "base_model.model.model.layers.99999999999.self_attn.q_proj.lora_A.weight", "model.layers.-1.x.lora_b", "model.layers.0..lora_b", "layers.0.lora_a",
        "base_model.model.model.layers.0.mlp.experts.x.y.lora_A.weight",
        "base_model.model.model.layers.0.mlp.experts.base_layer.base_layer.base_layer.lora_A.weight", "base_model.model.lora_magnitude_vector",
        "base_model.model.lm_head.base_layer.weight", "token_adapter.trainable_tokens_delta",
    ];

    private static readonly long[][] Shapes = [[], [0], [8], [0, 0], [8, 64], [64, 8], [4, 8, 64], [1, 1, 1, 1]];

    [Theory]
    [InlineData("mlx_llama_qv")]
    [InlineData("unsloth_llama")]
    [InlineData("vlm_legacy")]
    [InlineData("llama_rank_pattern")]
    [InlineData("qwen3_moe_params")]
    [InlineData("mixtral_per_expert")]
    public void Every_check_ends_with_a_verdict(string name)
    {
        FixtureCase fixture = Fixtures.Case(name);
        var random = new Random(20261122);
        int verdicts = 0;
        for (int round = 0; round < 12; round++)
        {
            using AdapterCopy copy = AdapterCopy.Of(fixture);
            Damage(copy, random);
            string folder = copy.Save();
            foreach (TargetProfile reader in TargetProfile.All)
            {
                CheckResult result = ReaderRun.Check(folder, reader.Name, round % 2 == 0 ? ReaderRun.BaseFor(reader.Name, fixture) : null);
                verdicts += Enum.IsDefined(result.Verdict) ? 1 : 0;
            }
        }

        Assert.Equal(84, verdicts);
    }

    private static void Damage(AdapterCopy copy, Random random)
    {
        string[] fields = [.. copy.Config.Select(field => field.Key)];
        for (int change = 0; change < 3; change++)
        {
            copy.Config[fields[random.Next(fields.Length)]] = JsonNode.Parse(Values[random.Next(Values.Length)]);
            if (copy.Config["lora_parameters"] is JsonObject parameters && parameters.Count > 0)
            {
                parameters[parameters.Select(field => field.Key).ElementAt(random.Next(parameters.Count))] = JsonNode.Parse(Values[random.Next(Values.Length)]);
            }

            copy.Put(Names[random.Next(Names.Length)], DenseArray.Zeros(Shapes[random.Next(Shapes.Length)]));
            copy.Tensors.Remove(copy.Tensors.Keys.ElementAt(random.Next(copy.Tensors.Count)));
        }
    }
}
