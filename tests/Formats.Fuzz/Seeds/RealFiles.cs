namespace Transfuse.Formats.Fuzz.Seeds;

/// <summary>Adapters that real libraries wrote, from the repository's fixtures.</summary>
public static class RealFiles
{
    public static IReadOnlyList<byte[]> Checkpoints { get; } = Read("llama_bin_legacy/peft/adapter_model.bin", "llama_bin_nonzip/peft/adapter_model.bin");

    public static IReadOnlyList<byte[]> Archives { get; } = Read("legacy_npz/mlx/adapters.npz", "legacy_alpha_ambiguous/mlx/adapters.npz");

    public static IReadOnlyList<byte[]> Safetensors { get; } = Read(
        "llama_qv/peft/adapter_model.safetensors", "mlx_llama_bf16/mlx/adapters.safetensors", "llama_fp16_factors/peft/adapter_model.safetensors");

    private static byte[][] Read(params string[] paths)
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Conversion.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return
        [
            .. paths.Select(
                path =>
                    File.ReadAllBytes(Path.Combine(folder ?? throw new DirectoryNotFoundException("Run inside the repository."), "tests", "fixtures", path))),
        ];
    }
}
