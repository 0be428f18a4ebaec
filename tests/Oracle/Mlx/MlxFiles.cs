namespace Transfuse.Oracle;

/// <summary>The weights of an MLX adapter folder: adapters.safetensors, else adapters.npz, else the newest numbered checkpoint.</summary>
public static class MlxFiles
{
    public const string Safetensors = "adapters.safetensors";
    public const string Npz = "adapters.npz";

    public static IReadOnlyDictionary<string, OracleTensor> ReadTensors(string folder)
    {
        if (File.Exists(Path.Combine(folder, Safetensors)))
        {
            return OracleSafetensors.Read(Path.Combine(folder, Safetensors));
        }

        return File.Exists(Path.Combine(folder, Npz))
            ? OracleNpz.Read(Path.Combine(folder, Npz))
            : OracleSafetensors.Read(Directory.EnumerateFiles(folder, "*_" + Safetensors).Max(StringComparer.Ordinal)!);
    }
}
