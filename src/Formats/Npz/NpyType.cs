using Transfuse.Formats.Files;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Npz;

/// <summary>The element type that a header's <c>descr</c> names.</summary>
/// <param name="DType">Its counterpart.</param>
/// <param name="IsBigEndian">Whether elements must be reversed.</param>
internal readonly record struct NpyType(DType DType, bool IsBigEndian)
{
    /// <summary>Reads a type string of numpy's array protocol, such as <c>&lt;f4</c>.</summary>
    /// <remarks>MLX has written bfloat16 as <c>V2</c> since 0.0.7 (mlx/io/load.cpp), with or without a byte order.</remarks>
    public static NpyType Parse(string descr)
    {
        char order = descr.Length > 0 && descr[0] is '<' or '>' or '|' ? descr[0] : '\0';
        string name = order == '\0' ? descr : descr[1..];
        if (name.StartsWith('O'))
        {
            throw new NpyFormatException(NpzError.ObjectArray, "the array holds Python objects, which only a pickle could restore");
        }

        DType? type = Find(name);
        bool ordered = order is '<' or '>' || type is DType.BF16 || name.EndsWith('1');
        return type is { } found && ordered
            ? new NpyType(found, order == '>')
            : throw new NpyFormatException(NpzError.TypeUnsupported, $"elements of type {QuotedName.Of(descr)} have no counterpart in safetensors");
    }

    private static DType? Find(string name) => name switch
    {
        "f2" => DType.F16,
        "f4" => DType.F32,
        "f8" => DType.F64,
        "V2" => DType.BF16,
        "b1" => DType.Bool,
        "i1" => DType.I8,
        "i2" => DType.I16,
        "i4" => DType.I32,
        "i8" => DType.I64,
        "u1" => DType.U8,
        "u2" => DType.U16,
        "u4" => DType.U32,
        "u8" => DType.U64,
        "c8" => DType.C64,
        _ => null,
    };
}
