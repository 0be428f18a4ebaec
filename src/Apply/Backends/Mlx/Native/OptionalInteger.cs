namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>mlx_optional_int, mlx_optional_float and mlx_optional_dtype: four bytes, then a bool of one (mlx/c/optional.h).</summary>
internal struct OptionalInteger
{
    public int Value;
    public byte HasValue;

    public static implicit operator OptionalInteger(int value) => new() { Value = value, HasValue = 1 };
}
