using System.Text.Json;
using Transfuse.Apply.Fusing;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Sources;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Fusing;

/// <summary>Runs of the fusion on folders, and what they wrote, read by the Oracle.</summary>
internal static class Merge
{
    public static FusionResult Run(string model, string output, FusionOptions? options, params string[] adapters)
    {
        IAdapterSource[] sources = [.. adapters.Select(AdapterSource.Open)];
        return ModelFusion.Fuse(BaseModel.FromFolder(model), sources, output, options);
    }

    /// <summary>Merges and asserts that nothing stood in the way.</summary>
    public static FusionResult Succeed(string model, string output, FusionOptions? options, params string[] adapters)
    {
        FusionResult result = Run(model, output, options, adapters);
        Assert.True(result.Succeeded, string.Join('\n', result.Findings));
        Assert.True(result.IsWritten);
        return result;
    }

    /// <summary>All tensors of a model folder.</summary>
    public static Dictionary<string, OracleTensor> Weights(string folder) => Directory.GetFiles(folder, "*.safetensors").Order(StringComparer.Ordinal)
        .SelectMany(OracleSafetensors.Read).ToDictionary(StringComparer.Ordinal);

    /// <summary>A copy of a base whose floats are float32, in which nothing is lost to 16 bits.</summary>
    public static string InFloat32(string model, string copy) =>
        Rewrite(
            model, copy, tensors => tensors.Select(tensor => tensor.DType is "BF16" or "F16" ? OracleTensor.Of(tensor.Name, tensor.ToArray(), "F32") : tensor));

    /// <summary>A copy of a base with other tensors, in one file.</summary>
    public static string Rewrite(string model, string copy, Func<IEnumerable<OracleTensor>, IEnumerable<OracleTensor>> change)
    {
        Directory.CreateDirectory(copy);
        File.Copy(Path.Combine(model, "config.json"), Path.Combine(copy, "config.json"));
        string file = Path.Combine(model, "model.safetensors");
        byte[] written = OracleSafetensors.ToBytes(change(OracleSafetensors.Read(file).Values), peftMetadata: true);
        File.WriteAllBytes(
            Path.Combine(copy, "model.safetensors"),
            OracleSafetensors.ReadMetadata(file)?.Contains("mlx", StringComparison.Ordinal) == true ? AsMlx(written) : written);
        return copy;
    }

    /// <summary>Asserts that every tensor but those named is as the base has it, and that there are no others.</summary>
    public static void AssertRestIsKept(
        IReadOnlyDictionary<string, OracleTensor> before, IReadOnlyDictionary<string, OracleTensor> after, IReadOnlySet<string> changed)
    {
        Assert.Equal(before.Keys.Order(StringComparer.Ordinal), after.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, OracleTensor tensor) in before)
        {
            Assert.Equal(tensor.DType, after[name].DType);
            Assert.Equal(tensor.Shape, after[name].Shape);
            if (!changed.Contains(name))
            {
                Assert.True(tensor.Bytes.AsSpan().SequenceEqual(after[name].Bytes), name);
            }
        }
    }

    /// <summary>
    /// Asserts that values are exact ones after one rounding to their dtype, give or take what float32 arithmetic adds to the change before it.
    /// </summary>
    public static void AssertRoundedOnce(OracleTensor actual, DenseArray before, DenseArray exact, string what)
    {
        int bits = actual.DType switch { "BF16" => 8, "F16" => 11, _ => 24 };
        double largest = 0;
        for (int i = 0; i < exact.Values.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(exact.Values[i] - before.Values[i]));
        }

        for (int i = 0; i < exact.Values.Length; i++)
        {
            double ulp = Math.ScaleB(
                1, Math.Max(Math.ILogB(exact.Values[i] == 0 ? double.Epsilon : exact.Values[i]), actual.DType == "F16" ? -14 : -126) - bits + 1);
            double allowed = (0.5 * ulp) + (1e-6 * largest) + (2e-7 * Math.Abs(exact.Values[i]));
            Assert.True(
                Math.Abs(actual.Values[i] - exact.Values[i]) <= allowed,
                $"{what}[{i}]: {actual.Values[i]:R} instead of {exact.Values[i]:R}, was {before.Values[i]:R}");
        }
    }

    public static JsonElement Config(string folder) => OracleJson.Read(Path.Combine(folder, "config.json"));

    // The Oracle's writer knows PyTorch's word alone; both have the length of three letters and one blank of padding.
    private static byte[] AsMlx(byte[] file)
    {
        byte[] text = System.Text.Encoding.Latin1.GetBytes(
            System.Text.Encoding.Latin1.GetString(file).Replace("\"format\":\"pt\"", "\"format\":\"mlx\"", StringComparison.Ordinal));
        BitConverter.TryWriteBytes(text, BitConverter.ToInt64(file) + 1);
        return text;
    }
}
