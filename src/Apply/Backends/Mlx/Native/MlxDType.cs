namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>mlx_dtype (mlx/c/array.h).</summary>
internal enum MlxDType
{
    Bool = 0,
    UInt8 = 1,
    UInt32 = 3,
    Int32 = 7,
    Float16 = 9,
    Float32 = 10,
    BFloat16 = 12,
}
