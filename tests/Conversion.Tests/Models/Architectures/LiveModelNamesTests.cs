using System.Text.Json;
using System.Text.RegularExpressions;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Models.Architectures;

/// <summary>
/// The table against the modules that transformers 5.17.0 really makes: <c>tests/fixtures/names</c> lists, per model type and
/// class, every matrix of the text model, taken from live models. N stands for an index.
/// </summary>
public class LiveModelNamesTests
{
    /// <summary>What the classes have and mlx-lm does not: its llama4_text is dense, its minimax is another model.</summary>
    private static readonly HashSet<string> Elsewhere = ["llama4_text", "minimax"];

    private static readonly JsonElement Recorded = JsonDocument
        .Parse(File.ReadAllText(Path.Combine(Fixtures.Root, "names", "transformers-5.17.0.json"))).RootElement;

    public static TheoryData<string> ModelTypes => [.. Recorded.EnumerateObject().Select(item => item.Name)];

    [Fact]
    public void Ninety_model_types_are_recorded() => Assert.Equal(90, ModelTypes.Count);

    [Theory]
    [MemberData(nameof(ModelTypes))]
    public void Every_live_matrix_is_mapped_or_refused_for_a_known_reason(string modelType)
    {
        ArchitectureMap map = Map(modelType);
        int mapped = 0;
        foreach ((string path, string kind) in Modules(modelType))
        {
            MlxMapping mapping = map.MapToMlx(path);
            mapped += mapping.Targets.Length;
            if (Elsewhere.Contains(modelType) && mapping.Finding?.Code.Id == "TF4010")
            {
                continue;
            }

            switch (kind)
            {
                case "conv1d":
                    Assert.Equal("TF4011", mapping.Finding?.Code.Id);
                    break;
                case "parameter 3-D" when path.Contains("rg_lru", StringComparison.Ordinal):
                    Assert.Equal("TF4010", mapping.Finding?.Code.Id);
                    break;
                case "parameter 3-D" or "parameter 3-D transposed":
                    Assert.Equal(HfForm.Packed, mapping.Form);
                    Assert.NotEmpty(mapping.Targets);
                    Assert.True(kind == "parameter 3-D" || mapping.Packed!.Layout == PackedLayout.InOut);
                    break;
                default:
                    Assert.True(mapping.Finding is null || mapping.Finding.Code.Id is "TF4011" or "TF4019", mapping.Finding?.ToString());
                    Assert.All(mapping.Targets, target => Assert.Equal(kind == "embedding", target.Kind == TargetKind.Embedding));
                    break;
            }
        }

        Assert.True(mapped >= 3 || modelType == "bitnet");
    }

    [Theory]
    [MemberData(nameof(ModelTypes))]
    public void Parameters_are_written_as_transformers_5_has_them(string modelType)
    {
        ArchitectureMap map = Map(modelType);
        Dictionary<string, string> live = Modules(modelType).GroupBy(item => item.Path).ToDictionary(group => group.Key, group => group.First().Kind);
        foreach (string path in SyntheticBase.MlxModules(map.Architecture))
        {
            if (modelType is "gemma4" or "gemma4_unified" && path.Contains(".experts.", StringComparison.Ordinal))
            {
                continue; // recorded without experts; the layers are those of gemma4_text
            }

            HfMapping mapping = map.MapToHuggingFace(path, HfLayout.Transformers5);
            switch (mapping.Form)
            {
                case HfForm.Packed:
                    Assert.StartsWith("parameter 3-D", live[mapping.Path], StringComparison.Ordinal);
                    break;
                case HfForm.Parameter or HfForm.ExpertRows:
                    Assert.StartsWith("parameter", live[mapping.Path], StringComparison.Ordinal);
                    break;
                case HfForm.PerExpert:
                    Assert.Fail($"{modelType} has no module {mapping.Path}.");
                    break;
                default:
                    Assert.DoesNotContain("parameter", live.GetValueOrDefault(mapping.Path, ""), StringComparison.Ordinal);
                    break;
            }
        }
    }

    private static IEnumerable<(string Path, string Kind)> Modules(string modelType) =>
        from type in Recorded.GetProperty(modelType).EnumerateObject()
        from module in type.Value.EnumerateObject()
        select (Numbered(module.Name), module.Value.GetString()!);

    /// <summary>Layer 1, and sub-module 0 where there is a second index.</summary>
    private static string Numbered(string path)
    {
        string first = new Regex(@"\bN\b").Replace(path, "1", 1);
        return Regex.Replace(first, @"\bN\b", "0");
    }

    private static ArchitectureMap Map(string modelType) =>
        new(ArchitectureTable.Default.Find(modelType)! with { RefusedModels = [] }, SyntheticBase.Config(), allowLowConfidence: true);
}
