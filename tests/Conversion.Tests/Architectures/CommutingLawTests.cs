using Transfuse.Conversion.Architectures;
using Transfuse.Conversion.Architectures.Mapping;
using Transfuse.Conversion.Architectures.Weights;

namespace Transfuse.Conversion.Tests.Architectures;

/// <summary>
/// The law of the map: what it does to an adapter commutes with what it does to base weights. A change of the Hugging Face
/// weights, sent through the weight rules, must be the change that the mapped adapter makes in MLX. Integers, plain loops.
/// </summary>
public class CommutingLawTests
{
    private const int Rank = 2;

    public static TheoryData<string> ModelTypes => [.. ArchitectureTable.Default.All.Select(architecture => architecture.ModelType)];

    [Fact]
    public void Every_entry_is_a_case() => Assert.Equal(123, ModelTypes.Count);

    [Theory]
    [MemberData(nameof(ModelTypes))]
    public void A_hugging_face_adapter_changes_mlx_as_the_weights_say(string modelType)
    {
        foreach ((ArchitectureMap map, HfLayout layout) in Cases(modelType))
        {
            Random random = new(7);
            foreach (IGrouping<string, HfMapping> module in HfModules(map, layout).GroupBy(mapping => mapping.Path))
            {
                HfMapping first = module.First();
                foreach (int expert in first.Form == HfForm.PerExpert ? Enumerable.Range(0, SyntheticBase.Experts) : [0])
                {
                    string path = first.PathOf(expert);
                    int copies = first.Form == HfForm.Packed ? SyntheticBase.Experts : 1;
                    (long rows, long columns) = Extent(map, first);
                    NdArray[] a = [.. Enumerable.Range(0, copies).Select(_ => NdArray.Random(random, Rank, columns))];
                    NdArray[] b = [.. Enumerable.Range(0, copies).Select(_ => NdArray.Random(random, rows, Rank))];

                    MlxMapping mapping = map.MapToMlx(path);
                    Assert.Null(mapping.Finding);
                    Assert.Equal(first.Form == HfForm.Parameter ? HfForm.Module : first.Form, mapping.Form == HfForm.Parameter ? HfForm.Module : mapping.Form);
                    Dictionary<string, NdArray> expected = Weights(map, layout, first, path, [.. a.Zip(b, (left, right) => right.Times(left))]);
                    Assert.Equal(expected.Count, mapping.Targets.Length);
                    foreach (MlxTarget target in mapping.Targets)
                    {
                        NdArray[] deltas = [.. a.Zip(b, (left, right) => Delta(target, left, right))];
                        Assert.Equal(expected[target.Path].Data, Joined(first, deltas).Data);
                        Assert.Equal(expected[target.Path].Shape, Joined(first, deltas).Shape);
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(ModelTypes))]
    public void An_mlx_adapter_changes_the_weights_as_its_hugging_face_form_does(string modelType)
    {
        foreach ((ArchitectureMap map, HfLayout layout) in Cases(modelType))
        {
            Random random = new(11);
            Dictionary<string, HfMapping> mappings = HfModules(map, layout).ToDictionary(mapping => mapping.Source);
            foreach (IGrouping<string, HfMapping> module in mappings.Values.GroupBy(mapping => mapping.Path))
            {
                HfMapping first = module.First();
                bool isSwitch = first.Kind == TargetKind.Switch;
                int copies = isSwitch ? SyntheticBase.Experts : 1;
                (long rows, long columns) = Extent(map, first);
                (long outputs, long inputs) = first.Transposed ? (columns, first.Rows.CountIn(rows)) : (first.Rows.CountIn(rows), columns);
                Dictionary<string, (NdArray A, NdArray B)[]> factors = first.Partners.ToDictionary(
                    partner => partner,
                    _ => Enumerable.Range(0, copies).Select(_ => (NdArray.Random(random, Rank, inputs), NdArray.Random(random, outputs, Rank))).ToArray());

                NdArray[] deltas = [.. Enumerable.Range(0, copies).Select(e => Fused(mappings, first, factors, e, rows, columns))];
                Dictionary<string, NdArray> actual = [];
                foreach (int expert in first.Form == HfForm.PerExpert ? Enumerable.Range(0, copies) : [0])
                {
                    NdArray[] own = first.Form == HfForm.PerExpert ? [deltas[expert]] : deltas;
                    foreach ((string name, NdArray delta) in Weights(map, layout, first, first.PathOf(expert), own))
                    {
                        string key = first.Form == HfForm.PerExpert ? $"{name} {expert}" : name;
                        actual.Add(key, delta);
                    }
                }

                foreach ((string partner, (NdArray A, NdArray B)[] pairs) in factors)
                {
                    for (int e = 0; e < copies; e++)
                    {
                        NdArray expected = pairs[e].B.Times(pairs[e].A);
                        NdArray delta = first.Form == HfForm.PerExpert ? actual[$"{partner} {e}"]
                            : isSwitch ? actual[partner].Element(e)
                            : actual[partner];
                        Assert.Equal(expected.Data, delta.Data);
                        Assert.Equal(expected.Shape, delta.Shape);
                    }
                }
            }
        }
    }

    /// <summary>The maps of a model type: both layouts, and both forms of models that exist with and without experts.</summary>
    private static IEnumerable<(ArchitectureMap Map, HfLayout Layout)> Cases(string modelType)
    {
        Architecture architecture = ArchitectureTable.Default.Find(modelType)! with { RefusedModels = [] };
        foreach (HfLayout layout in new[] { HfLayout.Transformers4, HfLayout.Transformers5 })
        {
            yield return (new ArchitectureMap(architecture, SyntheticBase.Config(), allowLowConfidence: true), layout);
            if (modelType == "granitemoehybrid")
            {
                yield return (new ArchitectureMap(architecture, SyntheticBase.Config(dense: true), allowLowConfidence: true), layout);
            }
        }
    }

    private static List<HfMapping> HfModules(ArchitectureMap map, HfLayout layout)
    {
        List<HfMapping> modules = [];
        foreach (string path in SyntheticBase.MlxModules(map.Architecture))
        {
            HfMapping mapping = map.MapToHuggingFace(path, layout);
            if (mapping.Finding is null)
            {
                modules.Add(mapping);
            }
            else
            {
                Assert.Contains(mapping.Finding.Code.Id, new[] { "TF4016", "TF4018" });
                Assert.True(map.Architecture.ModelType == "granitemoehybrid", mapping.Finding.ToString());
            }
        }

        Assert.True(modules.Count > 0);
        return modules;
    }

    /// <summary>Output rows and columns of the Hugging Face matrix (of one expert, where a parameter holds several).</summary>
    private static (long Rows, long Columns) Extent(ArchitectureMap map, HfMapping mapping)
    {
        if (mapping.Scale.Length > 1)
        {
            return (mapping.Scale.Sum(scale => scale.Rows!.Value), 5);
        }

        long part = mapping.Path.Contains("down", StringComparison.Ordinal) ? 4 : 6;
        return (part * mapping.Partners.Length, 10 - part + (map.Architecture.ModelType.Length % 2));
    }

    /// <summary>Sends a change of a Hugging Face tensor through the weight rules.</summary>
    private static Dictionary<string, NdArray> Weights(ArchitectureMap map, HfLayout layout, HfMapping module, string path, NdArray[] deltas)
    {
        NdArray tensor = deltas[0];
        string name = path + ".weight";
        if (module.Form == HfForm.Packed)
        {
            PackedLayout inFile = map.MapToHuggingFace(module.Source, HfLayout.Checkpoint) is { Form: HfForm.Packed } file && file.Path.EndsWith(path[path.LastIndexOf('.')..], StringComparison.Ordinal)
                ? file.Packed!.Layout!.Value
                : module.Packed!.Layout!.Value;
            tensor = NdArray.Stack([.. deltas.Select(delta => inFile == PackedLayout.InOut ? delta.Transpose() : delta)]);
            name = path;
        }
        else if (module.Form == HfForm.ExpertRows)
        {
            name = path;
        }
        else if (map.Architecture.ModelType == "gpt2" && module.Layer is not null)
        {
            tensor = tensor.Transpose();
        }

        TensorMapping mapping = map.MapTensor(name);
        Assert.Null(mapping.Finding);
        Assert.True(mapping.IsExact, $"{name} in {layout}");
        return mapping.Targets.ToDictionary(
            target => target.Name[..^".weight".Length],
            target => target.Steps.Where(step => step is not WeightStep.StackExpert).Aggregate(tensor, (value, step) => value.Apply(step, true)));
    }

    private static NdArray Delta(MlxTarget target, NdArray a, NdArray b)
    {
        NdArray rows = b.Select(0, target.Rows);
        NdArray scaled = target.Scale.IsEmpty ? rows : rows.Scale(target.Scale);
        return target.Transposed ? a.Transpose().Times(scaled.Transpose()) : scaled.Times(a);
    }

    private static NdArray Joined(HfMapping module, NdArray[] deltas) => module.Form == HfForm.Packed ? NdArray.Stack(deltas) : deltas[0];

    /// <summary>One Hugging Face pair from several MLX pairs: A stacked along the rank, B block by block; its product.</summary>
    private static NdArray Fused(
        Dictionary<string, HfMapping> mappings, HfMapping first, Dictionary<string, (NdArray A, NdArray B)[]> factors, int expert, long rows, long columns)
    {
        int ranks = Rank * first.Partners.Length;
        NdArray a = NdArray.Zeros(ranks, columns);
        NdArray b = NdArray.Zeros(rows, ranks);
        for (int p = 0; p < first.Partners.Length; p++)
        {
            HfMapping mapping = mappings[first.Partners[p]];
            (NdArray partA, NdArray partB) = factors[first.Partners[p]][expert];
            if (mapping.Transposed)
            {
                (partA, partB) = (partB.Transpose(), partA.Transpose());
            }

            if (!mapping.Scale.IsEmpty)
            {
                partB = partB.Scale([.. mapping.Scale.Select(scale => scale with { Factor = 1 / scale.Factor })]);
            }

            for (int r = 0; r < Rank; r++)
            {
                for (long column = 0; column < columns; column++)
                {
                    a.Data[(p * Rank + r) * columns + column] = partA.At(r, column);
                }

                for (long i = 0; i < partB.Shape[0]; i++)
                {
                    b.Data[mapping.Rows.Row(i, rows) * ranks + p * Rank + r] = partB.At(i, r);
                }
            }
        }

        return b.Times(a);
    }
}
