using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Architectures.Mapping;

namespace Transfuse.Conversion.Tests.Models.Architectures.Mapping;

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
        foreach ((ArchitectureMap map, HfLayout layout) in MapCases.Cases(modelType))
        {
            Random random = new(7);
            foreach (IGrouping<string, HfMapping> module in MapCases.HfModules(map, layout).GroupBy(mapping => mapping.Path))
            {
                HfMapping first = module.First();
                foreach (int expert in first.Form == HfForm.PerExpert ? Enumerable.Range(0, SyntheticBase.Experts) : [0])
                {
                    string path = first.PathOf(expert);
                    int copies = first.Form == HfForm.Packed ? SyntheticBase.Experts : 1;
                    (long rows, long columns) = MapCases.Extent(map, first);
                    NdArray[] a = [.. Enumerable.Range(0, copies).Select(_ => NdArray.Random(random, Rank, columns))];
                    NdArray[] b = [.. Enumerable.Range(0, copies).Select(_ => NdArray.Random(random, rows, Rank))];

                    MlxMapping mapping = map.MapToMlx(path);
                    Assert.Null(mapping.Finding);
                    Assert.Equal(first.Form == HfForm.Parameter ? HfForm.Module : first.Form, mapping.Form == HfForm.Parameter ? HfForm.Module : mapping.Form);
                    Dictionary<string, NdArray> expected = MapCases.Weights(map, layout, first, path, [.. a.Zip(b, (left, right) => right.Times(left))]);
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
        foreach ((ArchitectureMap map, HfLayout layout) in MapCases.Cases(modelType))
        {
            Random random = new(11);
            Dictionary<string, HfMapping> mappings = MapCases.HfModules(map, layout).ToDictionary(mapping => mapping.Source);
            foreach (IGrouping<string, HfMapping> module in mappings.Values.GroupBy(mapping => mapping.Path))
            {
                HfMapping first = module.First();
                bool isSwitch = first.Kind == TargetKind.Switch;
                int copies = isSwitch ? SyntheticBase.Experts : 1;
                (long rows, long columns) = MapCases.Extent(map, first);
                (long outputs, long inputs) = first.Transposed ? (columns, first.Rows.CountIn(rows)) : (first.Rows.CountIn(rows), columns);
                Dictionary<string, (NdArray A, NdArray B)[]> factors = first.Partners.ToDictionary(
                    partner => partner,
                    _ => Enumerable.Range(0, copies).Select(_ => (NdArray.Random(random, Rank, inputs), NdArray.Random(random, outputs, Rank))).ToArray());

                NdArray[] deltas = [.. Enumerable.Range(0, copies).Select(e => Fused(mappings, first, factors, e, rows, columns))];
                Dictionary<string, NdArray> actual = [];
                foreach (int expert in first.Form == HfForm.PerExpert ? Enumerable.Range(0, copies) : [0])
                {
                    NdArray[] own = first.Form == HfForm.PerExpert ? [deltas[expert]] : deltas;
                    foreach ((string name, NdArray delta) in MapCases.Weights(map, layout, first, first.PathOf(expert), own))
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
