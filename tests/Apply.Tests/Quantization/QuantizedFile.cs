using System.Text.Json;
using Transfuse.Apply.Quantization;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Quantization;

/// <summary>A recorded model file with its quantized weights.</summary>
internal sealed record QuantizedFile(string Name, IReadOnlyList<QuantizedFile.Entry> Weights)
{
    /// <summary>All of tests/fixtures/models that are quantized.</summary>
    public static IEnumerable<QuantizedFile> Models() => Directory.GetDirectories(Path.Combine(Fixtures.Root, "models"))
        .Order(StringComparer.Ordinal)
        .Select(folder => Path.Combine(folder, "base"))
        .Where(folder => OracleJson.Read(Path.Combine(folder, "config.json")).Get("quantization") is not null)
        .Select(Read);

    public static QuantizedFile Read(string folder)
    {
        JsonElement config = OracleJson.Read(Path.Combine(folder, "config.json"));
        IReadOnlyDictionary<string, OracleTensor> file = OracleSafetensors.Read(Path.Combine(folder, "model.safetensors"));
        string name = Path.GetFileName(folder) == "base" ? Path.GetFileName(Path.GetDirectoryName(folder)!) : Path.GetFileName(folder);
        return new QuantizedFile(name, [.. file.Keys.Where(key => key.EndsWith(".scales", StringComparison.Ordinal)).Select(key => key[..^".scales".Length])
            .Select(module => new Entry(
                module,
                MlxForm.Of(config, module)!,
                file[module + ".weight"],
                file[module + ".scales"],
                file.GetValueOrDefault(module + ".biases")))]);
    }

    internal sealed record Entry(string Module, MlxForm OracleForm, OracleTensor Packed, OracleTensor Scales, OracleTensor? Biases)
    {
        public QuantizationForm Form => Forms.Of(OracleForm);
    }
}
