namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>mlx_optional_float.</summary>
internal struct OptionalSingle
{
    public float Value;
    public byte HasValue;
}
