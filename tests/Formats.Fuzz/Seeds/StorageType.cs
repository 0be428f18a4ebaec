using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Fuzz.Seeds;

/// <summary>An element type as PyTorch's storages have it.</summary>
/// <param name="Class">The storage class.</param>
/// <param name="DType">Its counterpart.</param>
/// <param name="Size">Bytes of an element.</param>
/// <param name="Unit">Bytes that a big-endian machine reverses together.</param>
public sealed record StorageType(string Class, DType DType, int Size, int Unit)
{
    /// <summary>All that PyTorch has and safetensors too.</summary>
    public static IReadOnlyList<StorageType> All { get; } =
    [
        new("torch.FloatStorage", DType.F32, 4, 4),
        new("torch.HalfStorage", DType.F16, 2, 2),
        new("torch.BFloat16Storage", DType.BF16, 2, 2),
        new("torch.DoubleStorage", DType.F64, 8, 8),
        new("torch.LongStorage", DType.I64, 8, 8),
        new("torch.IntStorage", DType.I32, 4, 4),
        new("torch.ShortStorage", DType.I16, 2, 2),
        new("torch.CharStorage", DType.I8, 1, 1),
        new("torch.ByteStorage", DType.U8, 1, 1),
        new("torch.BoolStorage", DType.Bool, 1, 1),
        new("torch.ComplexFloatStorage", DType.C64, 8, 4),
    ];
}
