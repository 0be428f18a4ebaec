namespace Transfuse.Oracle;

/// <summary>The weights of a PEFT folder: safetensors before bin, as PEFT looks for them.</summary>
public static class PeftFiles
{
    public const string Safetensors = "adapter_model.safetensors";
    public const string Torch = "adapter_model.bin";

    public static IReadOnlyDictionary<string, OracleTensor> ReadTensors(string folder)
    {
        string path = Path.Combine(folder, Safetensors);
        return File.Exists(path) ? OracleSafetensors.Read(path) : OracleTorchFile.Read(Path.Combine(folder, Torch));
    }
}
