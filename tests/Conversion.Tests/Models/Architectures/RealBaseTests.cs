using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Architectures.Weights;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Models.Architectures;

/// <summary>The table against models that transformers 5.17 saved and mlx-lm 0.32 read and saved again.</summary>
public class RealBaseTests
{
    /// <summary>Architectures with an unquantized model on both sides.</summary>
    public static IReadOnlyList<string> Pairs { get; } =
    [
        .. Directory.GetDirectories(Path.Combine(Fixtures.Root, "bases-mlx"))
            .Select(folder => Path.GetFileName(folder)!)
            .Where(name => !name.Contains('-') && Directory.Exists(Path.Combine(Fixtures.Root, "bases", name)))
            .Order(StringComparer.Ordinal),
    ];

    public static TheoryData<string> PairData => [.. Pairs];

    [Fact]
    public void There_are_seven_pairs() =>
        Assert.Equal(["deepseek_v3", "gemma3_text", "gpt_oss", "llama", "mixtral", "phi3", "qwen3_moe"], Pairs);

    [Theory]
    [MemberData(nameof(PairData))]
    public void Weight_rules_turn_the_hugging_face_file_into_the_mlx_file(string name)
    {
        Dictionary<string, NdArray> source = Load("bases", name);
        Dictionary<string, NdArray> expected = Load("bases-mlx", name);
        ArchitectureMap map = MapOf(name);

        Dictionary<string, NdArray> actual = [];
        Dictionary<string, SortedDictionary<int, NdArray>> experts = [];
        HashSet<string> inexact = [];
        foreach ((string tensor, NdArray value) in source)
        {
            TensorMapping mapping = map.MapTensor(tensor);
            Assert.Null(mapping.Finding);
            foreach (TensorTarget target in mapping.Targets)
            {
                NdArray result = value;
                foreach (ModuleStep step in target.Steps)
                {
                    if (step is ModuleStep.StackExpert stack)
                    {
                        experts.TryAdd(target.Name, []);
                        experts[target.Name].Add(stack.Expert, result);
                    }
                    else
                    {
                        result = result.Apply(step, target.Name.EndsWith(".weight", StringComparison.Ordinal));
                    }
                }

                actual[target.Name] = result;
                if (!mapping.IsExact)
                {
                    inexact.Add(target.Name);
                }
            }
        }

        foreach ((string tensor, SortedDictionary<int, NdArray> parts) in experts)
        {
            actual[tensor] = NdArray.Stack([.. parts.Values]);
        }

        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach ((string tensor, NdArray value) in actual.Where(item => !inexact.Contains(item.Key)))
        {
            Assert.Equal(expected[tensor].Shape, value.Shape);
            Assert.Equal(expected[tensor].Data, value.Data);
        }

        Assert.All(inexact, tensor => Assert.Matches("norm|sinks|mlp\\.gate\\.", tensor));
    }

    [Theory]
    [MemberData(nameof(PairData))]
    public void Every_matrix_of_the_mlx_file_is_adaptable_or_refused_by_name(string name)
    {
        ArchitectureMap map = MapOf(name);
        int mapped = 0;
        foreach (string tensor in Load("bases-mlx", name).Where(item => item.Value.Shape.Length > 1 && item.Key.EndsWith(".weight", StringComparison.Ordinal)).Select(item => item.Key))
        {
            HfMapping mapping = map.MapToHuggingFace(tensor[..^".weight".Length], HfLayout.Transformers5);
            mapped += mapping.Finding is null ? 1 : 0;
            Assert.True(mapping.Finding is null || mapping.Finding.Code.Id == "TF4011", mapping.Finding?.ToString());
        }

        Assert.InRange(mapped, 13, 100);
    }

    private static ArchitectureMap MapOf(string name)
    {
        BaseConfig config = new(JsonTree.Parse(File.ReadAllText(Path.Combine(Fixtures.Root, "bases", name, "config.json"))));
        return new ArchitectureMap(ArchitectureTable.Default.Find(config.ModelType!)!, config);
    }

    private static Dictionary<string, NdArray> Load(string side, string name) =>
        MiniSafetensors.Read(Path.Combine(Fixtures.Root, side, name, "model.safetensors"));
}
