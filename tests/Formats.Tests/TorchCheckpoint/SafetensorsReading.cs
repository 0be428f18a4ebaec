using System.Runtime.InteropServices;
using System.Text.Json;

namespace Transfuse.Formats.Tests.TorchCheckpoint;

/// <summary>The tests' own few lines of safetensors, and the folder of fixtures.</summary>
internal static class SafetensorsReading
{
    public static string Fixture(string relativePath)
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Conversion.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return Path.Combine(folder!, "tests", "fixtures", relativePath);
    }

    /// <summary>The float32 tensors whose names begin so.</summary>
    public static Dictionary<string, (long[] Shape, float[] Values)> Floats(string path, string prefix)
    {
        byte[] file = File.ReadAllBytes(path);
        int start = 8 + (int)BitConverter.ToUInt64(file);
        using JsonDocument header = JsonDocument.Parse(file.AsMemory(8, start - 8));
        var tensors = new Dictionary<string, (long[], float[])>();
        foreach (JsonProperty property in header.RootElement.EnumerateObject().Where(item => item.Name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            Assert.Equal("F32", property.Value.GetProperty("dtype").GetString());
            long[] shape = [.. property.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];
            int[] offsets = [.. property.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32())];
            float[] values = MemoryMarshal.Cast<byte, float>(file.AsSpan(start + offsets[0], offsets[1] - offsets[0])).ToArray();
            tensors.Add(property.Name, (shape, values));
        }

        return tensors;
    }
}
