using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;
using Transfuse.Conversion.Tests.Models.Architectures;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>
/// Small adapters of everything that an entry of the table can adapt, through the whole pipeline. What they change is read by the Oracle
/// or by plain loops, and the two sides are compared through the weight rules, which are tested against mlx-lm's own loading.
/// </summary>
public class EveryArchitectureTests
{
    private const string Allowed = "TF4003";

    public static TheoryData<string> ModelTypes =>
        [.. ArchitectureTable.Default.All.Where(
            architecture => architecture.Class != ArchitectureClass.Unsupported).Select(architecture => architecture.ModelType)];

    [Fact]
    public void Every_entry_that_can_be_adapted_is_a_case() => Assert.Equal(120, ModelTypes.Count);

    [Theory]
    [MemberData(nameof(ModelTypes))]
    public void From_peft_to_mlx(string modelType)
    {
        foreach ((ArchitectureMap map, HfLayout layout) in MapCases.Cases(modelType))
        {
            SmallAdapter adapter = SmallAdapter.Peft("\"peft_version\": \"0.21.0\"");
            var expected = new Dictionary<string, NdArray>(StringComparer.Ordinal);
            bool dense = map.Config!.ExpertCount(map.Architecture) == 0;
            HfMapping[] adapted =
                [.. MapCases.HfModules(map, layout).Where(
                    mapping => !IsTied(map, mapping) && !(dense && mapping.Kind == TargetKind.Switch)).DistinctBy(mapping => mapping.Path)];
            string[] parameters =
                [.. adapted.Where(mapping => mapping.Form is not (HfForm.Module or HfForm.PerExpert)).Select(mapping => mapping.ParameterPath)];
            foreach (HfMapping first in adapted)
            {
                foreach (int expert in first.Form == HfForm.PerExpert ? Enumerable.Range(0, SyntheticBase.Experts) : [0])
                {
                    foreach ((string name, NdArray weight)
                        in MapCases.Weights(map, layout, first, first.PathOf(expert), PeftModules.Add(adapter, map, first, expert, parameters)))
                    {
                        Merge(expected, name, first.Form == HfForm.PerExpert ? expert : null, weight);
                    }
                }
            }

            adapter.Set("target_parameters", System.Text.Json.JsonSerializer.Serialize(parameters));
            ConversionOptions options = new() { Allowed = [Allowed], ExpertOrientation = modelType == "qwen3_vl_moe" ? Orientation(adapted) : null };
            Converted converted = Run.MustConvert(adapter, TargetProfile.MlxLm, PeftModules.BaseConfig(map), options);
            IReadOnlyDictionary<string, OracleDelta> actual = converted.MlxDeltas(path => PeftModules.IsEmbedding(map, path));
            Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
            foreach ((string path, NdArray delta) in expected)
            {
                Assert.Equal(delta.Shape, actual[path].Delta.Shape);
                PeftModules.AssertClose(Dense.Scale(new DenseArray(delta.Shape, delta.Data), 2), actual[path].Delta, path);
            }
        }
    }

    [Theory]
    [MemberData(nameof(ModelTypes))]
    public void From_mlx_to_peft(string modelType)
    {
        foreach ((ArchitectureMap map, HfLayout layout) in MapCases.Cases(modelType))
        {
            SmallAdapter adapter = SmallAdapter.Mlx();
            var sources = new Dictionary<string, DenseArray>(StringComparer.Ordinal);
            List<HfMapping> modules = MapCases.HfModules(map, layout);
            foreach (HfMapping module in modules)
            {
                (long rows, long columns) = MapCases.Extent(map, module);
                (long outputs, long inputs) = module.Transposed ? (columns, module.Rows.CountIn(rows)) : (module.Rows.CountIn(rows), columns);
                sources[module.Source] = module.Kind switch
                {
                    TargetKind.Switch => adapter.MlxExperts(module.Source, SyntheticBase.Experts, inputs, outputs),
                    TargetKind.Embedding => Dense.Transpose(adapter.MlxPair(module.Source, rows, columns)),
                    _ => adapter.MlxPair(module.Source, inputs, outputs),
                };
            }

            int generation = layout == HfLayout.Transformers4 ? 4 : 5;
            Converted converted = Run.MustConvert(
                adapter, TargetProfile.Peft, PeftModules.BaseConfig(map), new ConversionOptions { Allowed = [Allowed], TransformersGeneration = generation });
            var actual = new Dictionary<string, NdArray>(StringComparer.Ordinal);
            foreach (IGrouping<string, HfMapping> module in modules.GroupBy(mapping => mapping.Path))
            {
                HfMapping first = module.First();
                foreach (int expert in first.Form == HfForm.PerExpert ? Enumerable.Range(0, SyntheticBase.Experts) : [0])
                {
                    foreach ((string name, NdArray weight)
                        in MapCases.Weights(map, layout, first, first.PathOf(expert), PeftModules.Read(converted, map, first, expert)))
                    {
                        Merge(actual, name, first.Form == HfForm.PerExpert ? expert : null, weight);
                    }
                }
            }

            Assert.Equal(sources.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
            foreach ((string path, DenseArray delta) in sources)
            {
                PeftModules.AssertClose(Dense.Scale(delta, 2), new DenseArray(actual[path].Shape, actual[path].Data), path);
            }
        }
    }

    // Without ensure_weight_tying no PEFT adapter of a tied embedding can be converted.
    private static bool IsTied(ArchitectureMap map, HfMapping mapping) =>
        mapping.Role == ModuleRole.InputEmbedding && map.Architecture.Tying.IsTiedInMlx(map.Config) == true;

    // Where the axes differ between versions of transformers, and no size tells them.
    private static ExpertOrientation? Orientation(IEnumerable<HfMapping> modules) =>
        modules.Where(mapping => mapping.Form == HfForm.Packed).Select(
            mapping => (ExpertOrientation?)(mapping.Packed!.ActsOnInput!.Value ? ExpertOrientation.InputFirst : ExpertOrientation.OutputFirst))
            .FirstOrDefault();

    private static void Merge(Dictionary<string, NdArray> all, string name, int? expert, NdArray weight)
    {
        if (expert is not { } index)
        {
            all.Add(name, weight);
            return;
        }

        if (!all.TryGetValue(name, out NdArray? stack))
        {
            all[name] = stack = NdArray.Zeros([SyntheticBase.Experts, .. weight.Shape]);
        }

        weight.Data.CopyTo(stack.Data, index * weight.Data.Length);
    }
}
