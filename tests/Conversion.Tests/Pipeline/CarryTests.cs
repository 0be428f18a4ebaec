using System.Text.Json;
using System.Text.RegularExpressions;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>A PEFT adapter that stays one keeps everything: replacements, other methods, packed parameters, and its config byte for byte.</summary>
public class CarryTests
{
    public static TheoryData<string> PeftFixtures => [.. Fixtures.PeftCases.Select(fixture => fixture.Name)];

    [Fact]
    public void Every_fixture_of_PEFT_is_a_case() => Assert.True(PeftFixtures.Count >= 38, $"{PeftFixtures.Count} fixtures");

    [Theory]
    [MemberData(nameof(PeftFixtures))]
    public void Tensors_and_config_stay_as_they_are(string name)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using IAdapterSource source = AdapterSource.Open(fixture.AdapterFolder);
        Converted carried = Run.MustConvert(source, TargetProfile.Peft);
        IReadOnlyDictionary<string, OracleTensor> tensors = PeftFiles.ReadTensors(fixture.AdapterFolder);
        Assert.Equal(tensors.Keys.Order(StringComparer.Ordinal), carried.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.All(tensors.Values, tensor => AssertSame(tensor, carried.Tensor(tensor.Name)));
        Assert.Equal(File.ReadAllBytes(Path.Combine(fixture.AdapterFolder, "adapter_config.json")), carried.Files["adapter_config.json"].ToArray());
    }

    [Theory]
    [MemberData(nameof(PeftFixtures))]
    public void Another_dtype_changes_factors_only(string name)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using IAdapterSource source = AdapterSource.Open(fixture.AdapterFolder);
        Converted carried = Run.MustConvert(source, TargetProfile.Peft, null, new ConversionOptions { DType = DType.BF16 });
        foreach (OracleTensor tensor in PeftFiles.ReadTensors(fixture.AdapterFolder).Values)
        {
            bool isFactor = fixture.PeftType == "LORA"
&& (tensor.Name.Contains(".lora_A.", StringComparison.Ordinal) || tensor.Name.Contains(".lora_B.weight", StringComparison.Ordinal) || tensor.Name.Contains(
    ".lora_embedding_", StringComparison.Ordinal));
            OracleTensor expected = isFactor ? OracleTensor.Of(tensor.Name, tensor.ToArray(), "BF16") : tensor;
            AssertSame(expected, carried.Tensor(tensor.Name));
        }

        Assert.Equal(File.ReadAllBytes(Path.Combine(fixture.AdapterFolder, "adapter_config.json")), carried.Files["adapter_config.json"].ToArray());
    }

    // Conv2d(4, 6, groups=2): lora_B has the columns of one group.
    [Fact]
    public void Grouped_convolutions_stay_as_they_are()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Random("base_model.model.vision.conv.lora_A.weight", 2, 4, 3, 3);
        adapter.Random("base_model.model.vision.conv.lora_B.weight", 6, 1, 1, 1);
        Converted carried = Run.MustConvert(adapter, TargetProfile.Peft);
        Assert.All(adapter.Tensors.Values, tensor => Assert.Equal(tensor.Bytes, carried.Tensor(tensor.Name).Bytes));
    }

    [Theory]
    [InlineData(6, 2, 3, 2)]
    [InlineData(2, 6, 6, 1)]
    public void Block_diagonal_factors_stay_as_they_are_and_are_refused_elsewhere_for_one_reason(int rankA, int inputs, int outputs, int rankB)
    {
        SmallAdapter adapter = SmallAdapter.Peft("\"use_bdlora\": {\"nblocks\": 3}").Set("r", $"{Math.Max(rankA, rankB)}");
        adapter.Random("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", rankA, inputs);
        adapter.Random("base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight", outputs, rankB);
        Converted carried = Run.MustConvert(adapter, TargetProfile.Peft);
        Assert.All(adapter.Tensors.Values, tensor => Assert.Equal(tensor.Bytes, carried.Tensor(tensor.Name).Bytes));
        Converted refused = Run.MustRefuse(adapter, TargetProfile.MlxLm, ["TF3302"], """{"model_type": "llama"}""");
        Assert.Single(refused.Result.Findings, finding => finding.Severity == Severity.Error);
    }

    // The first pattern that matches counts, and PEFT's form of the config sorts them: the alpha of the module must outlast that.
    [Theory]
    [InlineData("""{"q_proj": 8, "layers.0.self_attn.q_proj": 16}""", 4)]
    [InlineData("""{"layers.0.self_attn.q_proj": 16, "q_proj": 8}""", 8)]
    public void Patterns_that_overlap_keep_the_scale(string patterns, double scale)
    {
        SmallAdapter adapter = SmallAdapter.Peft().Set("alpha_pattern", patterns);
        adapter.Pair("model.layers.0.self_attn.q_proj", 6, 6);
        Converted carried = Run.MustConvert(adapter, TargetProfile.Peft);
        Assert.Equal(scale, OracleScale(carried));
    }

    private static double OracleScale(Converted carried)
    {
        JsonElement config = carried.Config;
        foreach (JsonProperty pattern in config.TryGetProperty("alpha_pattern", out JsonElement patterns) ? patterns.EnumerateObject() : default)
        {
            if (Regex.IsMatch("model.layers.0.self_attn.q_proj", $@"\A(.*\.)?({pattern.Name})\z"))
            {
                return pattern.Value.GetDouble() / 2;
            }
        }

        return config.GetProperty("lora_alpha").GetDouble() / 2;
    }

    [Fact]
    public void Rank_that_the_tensors_contradict_is_put_right()
    {
        SmallAdapter adapter = SmallAdapter.Peft("\"lora_dropout\": 0.1").Set("r", "16").Set("lora_alpha", "4");
        adapter.Pair("model.layers.0.self_attn.q_proj", 6, 6);
        Converted carried = Run.MustConvert(adapter, TargetProfile.Peft);
        Assert.Equal(2, carried.Config.GetProperty("r").GetInt32());
        Assert.Equal(4, carried.Config.GetProperty("lora_alpha").GetInt32());
        Assert.True(carried.Has("TF3206"));
        Assert.False(Run.MustConvert(carried.Open(), TargetProfile.Peft).Has("TF3206"));
    }

    // Three parameters of one module whose order of registration nobody knows: each stays below its own name.
    [Fact]
    public void Packed_parameters_of_unknown_modules_stay_where_they_are()
    {
        SmallAdapter adapter = SmallAdapter.Peft("\"target_parameters\": [\"bank.zeta\", \"bank.alpha\", \"bank.mu\"], \"peft_version\": \"0.21.0\"");
        adapter.Packed("model.layers.0.bank.base_layer.base_layer", 3, 4, 6);
        adapter.Packed("model.layers.0.bank.base_layer", 3, 6, 4);
        adapter.Packed("model.layers.0.bank", 3, 5, 7);
        Converted carried = Run.MustConvert(adapter, TargetProfile.Peft);
        Assert.All(adapter.Tensors.Values, tensor => Assert.Equal(tensor.Bytes, carried.Tensor(tensor.Name).Bytes));
        Assert.Equal(6, carried.Tensors.Count);
    }

    [Fact]
    public void Float64_stays_within_PEFT()
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Put("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", adapter.Values(2, 6), "F64");
        adapter.Put("base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight", adapter.Values(6, 2), "F64");
        Assert.All(Run.MustConvert(adapter, TargetProfile.Peft).Tensors.Values, tensor => Assert.Equal("F64", tensor.DType));
    }

    private static void AssertSame(OracleTensor expected, OracleTensor actual)
    {
        Assert.Equal(expected.DType, actual.DType);
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.True(expected.Bytes.AsSpan().SequenceEqual(actual.Bytes), expected.Name);
    }
}
