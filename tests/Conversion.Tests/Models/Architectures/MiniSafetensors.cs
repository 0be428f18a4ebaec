using System.Buffers.Binary;
using System.Text.Json;

namespace Transfuse.Conversion.Tests.Models.Architectures;

/// <summary>Reads a safetensors file of 16-bit tensors; elements are their bit patterns, as numbers.</summary>
internal static class MiniSafetensors
{
    public static Dictionary<string, NdArray> Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        using JsonDocument header = JsonDocument.Parse(bytes.AsMemory(8, length));
        Dictionary<string, NdArray> tensors = [];
        foreach (JsonProperty property in header.RootElement.EnumerateObject())
        {
            if (property.Name == "__metadata__")
            {
                continue;
            }

            Assert.Equal("BF16", property.Value.GetProperty("dtype").GetString());
            long[] shape = [.. property.Value.GetProperty("shape").EnumerateArray().Select(item => item.GetInt64())];
            int start = 8 + length + property.Value.GetProperty("data_offsets")[0].GetInt32();
            tensors.Add(property.Name, new NdArray(shape, [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b))
                .Select(i => (double)BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(start + 2 * i)))]));
        }

        return tensors;
    }
}
