using System.Collections.Frozen;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>The only globals that a checkpoint may name: those that PyTorch 0.2 to 2.11 writes for a dictionary of tensors.</summary>
internal static class PickleGlobals
{
    private static readonly FrozenDictionary<string, PickleGlobal> Allowed = Make().ToFrozenDictionary(global => global.Name, StringComparer.Ordinal);

    /// <summary>Finds a global, or <see langword="null"/> where it is not allowed.</summary>
    public static PickleGlobal? Find(string name) => Allowed.GetValueOrDefault(name);

    private static IEnumerable<PickleGlobal> Make()
    {
        yield return new("collections.OrderedDict", GlobalRole.OrderedDict);
        yield return new("torch._utils._rebuild_tensor", GlobalRole.RebuildTensor);
        yield return new("torch._utils._rebuild_tensor_v2", GlobalRole.RebuildTensorV2);
        yield return new("torch._utils._rebuild_tensor_v3", GlobalRole.RebuildTensorV3);
        yield return new("torch._utils._rebuild_parameter", GlobalRole.RebuildParameter);
        yield return new("torch.nn.parameter.Parameter", GlobalRole.Parameter);
        yield return new("torch.Size", GlobalRole.Size);
        yield return new("torch.storage.UntypedStorage", GlobalRole.UntypedStorage, DType.U8);
        foreach ((string name, DType? type) in StorageClasses())
        {
            yield return new($"torch.{name}Storage", GlobalRole.StorageClass, type);
        }

        foreach ((string name, DType? type) in ElementTypes())
        {
            yield return new($"torch.{name}", GlobalRole.ElementType, type);
        }
    }

    private static IEnumerable<(string Name, DType? Type)> StorageClasses() =>
    [
        ("Float", DType.F32), ("Half", DType.F16), ("BFloat16", DType.BF16), ("Double", DType.F64), ("Long", DType.I64), ("Int", DType.I32),
        ("Short", DType.I16), ("Char", DType.I8), ("Byte", DType.U8), ("Bool", DType.Bool), ("ComplexFloat", DType.C64), ("ComplexDouble", null),
    ];

    private static IEnumerable<(string Name, DType? Type)> ElementTypes() =>
    [
        ("float32", DType.F32), ("float16", DType.F16), ("bfloat16", DType.BF16), ("float64", DType.F64),
        ("int64", DType.I64), ("int32", DType.I32), ("int16", DType.I16), ("int8", DType.I8),
        ("uint64", DType.U64), ("uint32", DType.U32), ("uint16", DType.U16), ("uint8", DType.U8), ("bool", DType.Bool),
        ("complex64", DType.C64), ("complex128", null),
        ("float8_e4m3fn", DType.F8E4M3), ("float8_e5m2", DType.F8E5M2), ("float8_e4m3fnuz", DType.F8E4M3Fnuz),
        ("float8_e5m2fnuz", DType.F8E5M2Fnuz), ("float8_e8m0fnu", DType.F8E8M0),
    ];
}
