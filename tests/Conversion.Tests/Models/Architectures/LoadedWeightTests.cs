using System.Text.Json;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Architectures.Weights;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Models.Architectures;

/// <summary>The weight rules against what mlx-lm's own code did to small weight files when it loaded them: <c>tests/fixtures/names</c>.</summary>
public class LoadedWeightTests
{
    private static readonly JsonElement Recorded = JsonDocument
        .Parse(File.ReadAllText(Path.Combine(Fixtures.Root, "names", "mlx-lm-0.32.0-load.json"))).RootElement;

    public static TheoryData<string> Cases => [.. Recorded.EnumerateObject().Select(item => item.Name).Where(name => name != "config")];

    [Fact]
    public void Hundred_and_six_loads_are_recorded() => Assert.Equal(106, Cases.Count);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Weight_rules_do_what_mlx_lm_does(string name)
    {
        JsonElement record = Recorded.GetProperty(name);
        ArchitectureMap map = MapOf(name);
        Dictionary<string, NdArray> expected = Expected(record);
        Dictionary<string, NdArray> actual = [];
        Dictionary<string, SortedDictionary<int, NdArray>> experts = [];
        foreach (JsonProperty input in record.GetProperty("in").EnumerateObject())
        {
            TensorMapping mapping = map.MapTensor(input.Name);
            Assert.Null(mapping.Finding);
            foreach (TensorTarget target in mapping.Targets.Where(_ => mapping.IsExact))
            {
                NdArray value = target.Steps.Where(step => step is not ModuleStep.StackExpert).Aggregate(Input(input.Name, input.Value), (current, step) => current.Apply(step, true));
                actual[target.Name] = value;
                foreach (ModuleStep.StackExpert stack in target.Steps.OfType<ModuleStep.StackExpert>())
                {
                    experts.TryAdd(target.Name, []);
                    experts[target.Name].Add(stack.Expert, value);
                }
            }
        }

        foreach ((string tensor, SortedDictionary<int, NdArray> parts) in experts)
        {
            actual[tensor] = NdArray.Stack([.. parts.Values]);
        }

        if (name == "kimi_vl")
        {
            // mlx-lm loads only files whose kv_b_proj was split before.
            Assert.True(actual.Remove("language_model.model.layers.0.self_attn.embed_q.weight"));
            Assert.True(actual.Remove("language_model.model.layers.0.self_attn.unembed_out.weight"));
        }

        Assert.NotEmpty(actual);
        foreach ((string tensor, NdArray value) in actual)
        {
            Assert.Equal(expected[tensor].Shape, value.Shape);
            Assert.Equal(expected[tensor].Data, value.Data);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Everything_that_mlx_can_adapt_was_loaded_and_comes_from_a_known_tensor(string name)
    {
        ArchitectureMap map = MapOf(name);
        HashSet<string> loaded = [.. Expected(Recorded.GetProperty(name)).Keys];
        int count = 0;
        foreach (string path in SyntheticBase.MlxModules(map.Architecture).Select(path => path.Replace($"{map.Architecture.Layers.Mlx}.1.", $"{map.Architecture.Layers.Mlx}.0.", StringComparison.Ordinal)))
        {
            HfMapping mapping = map.MapToHuggingFace(path, HfLayout.Checkpoint);
            bool isAbsent = name.EndsWith("dense", StringComparison.Ordinal) && path.Contains("block_sparse_moe", StringComparison.Ordinal);
            if (mapping.Finding is null && !isAbsent && path is not ("output" or "language_model.lm_head") && !path.Contains("experts.2.", StringComparison.Ordinal))
            {
                Assert.Contains(path + ".weight", loaded);
                count++;
            }
        }

        Assert.True(count >= 3 || name == "bitnet");
    }

    private static ArchitectureMap MapOf(string name)
    {
        string config = Recorded.GetProperty("config").GetRawText();
        bool dense = name.EndsWith(" dense", StringComparison.Ordinal);
        return new ArchitectureMap(
            ArchitectureTable.Default.Find(name.Split(' ')[0])! with { RefusedModels = [] },
            new BaseConfig(JsonTree.Parse(dense ? config.Replace("\"num_local_experts\": 2", "\"num_local_experts\": 0", StringComparison.Ordinal) : config)),
            allowLowConfidence: true);
    }

    private static Dictionary<string, NdArray> Expected(JsonElement record)
    {
        Dictionary<string, NdArray> expected = record.GetProperty("unchanged").EnumerateArray()
            .ToDictionary(item => item.GetString()!, item => Input(item.GetString()!, record.GetProperty("in").GetProperty(item.GetString()!)));
        foreach (JsonProperty item in record.GetProperty("changed").EnumerateObject())
        {
            expected.Add(item.Name, new NdArray(
                [.. item.Value[0].EnumerateArray().Select(extent => extent.GetInt64())],
                [.. item.Value[1].EnumerateArray().Select(element => element.GetDouble())]));
        }

        return expected;
    }

    private static NdArray Input(string name, JsonElement shape)
    {
        long[] extents = [.. shape.EnumerateArray().Select(extent => extent.GetInt64())];
        int hash = name.Aggregate(0, (h, c) => ((h * 31) + c) % 9973);
        return new NdArray(extents, [.. Enumerable.Range(0, (int)extents.Aggregate(1L, (a, b) => a * b)).Select(i => (double)(((i * 7) + hash) % 1009))]);
    }
}
