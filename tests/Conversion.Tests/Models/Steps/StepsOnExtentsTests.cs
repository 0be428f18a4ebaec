using System.Collections.Immutable;
using Transfuse.Conversion.Models.Steps;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Tests.Models.Steps;

/// <summary>Extents and tensors go the same way through every step, and none is passed over.</summary>
public class StepsOnExtentsTests
{
    public static TheoryData<object, long[], bool, long[]> Cases { get; } = new()
    {
        { new ModuleStep.Transpose(), [6, 4], false, [4, 6] },
        { new ModuleStep.Pack(PackedLayout.InOut), [2, 6, 4], false, [2, 4, 6] },
        { new ModuleStep.Pack(PackedLayout.OutIn), [2, 6, 4], false, [2, 6, 4] },
        { new ModuleStep.SelectRows(RowSelection.Part(1, 2)), [2, 6, 4], false, [2, 3, 4] },
        // The bias of packed experts has its rows along the last axis, not along that of the experts.
        { new ModuleStep.SelectRows(RowSelection.Odd), [2, 6], true, [2, 3] },
        { new ModuleStep.SelectRows(RowSelection.Blocks(3, 0, 2)), [6, 4], false, [4, 4] },
        { new ModuleStep.ScaleRows([new RowScale(null, 0.5)]), [6, 4], false, [6, 4] },
        { new ModuleStep.SplitHeads(2, 2, 1, TakesFirst: true), [6, 4], false, [2, 4, 2] },
        { new ModuleStep.SplitHeads(2, 2, 1, TakesFirst: false), [6, 4], false, [2, 1, 4] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Extents_are_those_of_the_tensor(object given, long[] extents, bool isBias, long[] expected)
    {
        var step = (ModuleStep)given;
        Assert.Equal(expected, StepsOnExtents.Apply([step], [.. extents], isBias)!.Value);
        LazyTensor tensor = LazyTensorOperations.Zeros(DType.F32, new TensorShape(extents));
        Assert.Equal(new TensorShape(expected), StepsOnTensor.Apply(tensor, [step], isBias).Shape);
    }

    [Fact]
    public void Every_step_has_a_case() =>
        Assert.Equal(typeof(ModuleStep).GetNestedTypes().Select(type => type.Name).Order(), Cases.Select(row => row.Data.Item1.GetType().Name).Append(nameof(ModuleStep.StackExpert)).Distinct().Order());

    [Fact]
    public void Stacked_experts_get_an_axis() => Assert.Equal([4, 6, 4], StepsOnExtents.Apply([new ModuleStep.StackExpert(3)], [6, 4], isBias: false)!.Value);

    [Theory]
    [InlineData(5, 4)]
    [InlineData(0, 4)]
    public void What_does_not_fit_is_not_known(long rows, long columns)
    {
        ImmutableArray<long> extents = [rows, columns];
        Assert.Null(StepsOnExtents.Apply([new ModuleStep.SelectRows(RowSelection.Part(0, 2))], extents, isBias: false));
        Assert.Null(StepsOnExtents.Apply([new ModuleStep.SplitHeads(2, 2, 1, TakesFirst: true)], extents, isBias: false));
        Assert.Null(StepsOnExtents.Apply([new ModuleStep.Transpose()], [4], isBias: true));
    }
}
