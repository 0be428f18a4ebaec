using Transfuse.Formats.Tensors;
using Transfuse.Formats.TorchCheckpoint.Pickle;

namespace Transfuse.Formats.Tests.TorchCheckpoint.Pickle;

public class PickleTensorTests
{
    [Fact]
    public void Tensors_are_equal_only_where_every_part_of_the_view_is()
    {
        var storage = new PickleStorage("0", DType.U8, 16, isUntyped: true);
        PickleTensor tensor = new(storage, DType.F16, 1, [2, 2], [2, 1]);
        Assert.Equal(tensor, new PickleTensor(storage, DType.F16, 1, [2, 2], [2, 1]));
        Assert.NotEqual(tensor, new PickleTensor(new PickleStorage("0", DType.U8, 16, isUntyped: true), DType.F16, 1, [2, 2], [2, 1]));
        Assert.NotEqual(tensor, new PickleTensor(storage, DType.BF16, 1, [2, 2], [2, 1]));
        Assert.NotEqual(tensor, new PickleTensor(storage, DType.F16, 0, [2, 2], [2, 1]));
        Assert.NotEqual(tensor, new PickleTensor(storage, DType.F16, 1, [2, 1], [2, 1]));
        Assert.NotEqual(tensor, new PickleTensor(storage, DType.F16, 1, [2, 2], [1, 2]));
    }
}
