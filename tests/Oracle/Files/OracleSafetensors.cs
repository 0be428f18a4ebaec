using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>
/// The container of safetensors, read plainly: u64 header length, JSON header, data. Offsets may be in any order;
/// together they must fill the data exactly.
/// </summary>
public static class OracleSafetensors
{
    public static IReadOnlyDictionary<string, OracleTensor> Read(string path) => Parse(File.ReadAllBytes(path));

    public static IReadOnlyDictionary<string, OracleTensor> Parse(byte[] file)
    {
        int headerLength = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file));
        int dataStart = 8 + headerLength;
        using JsonDocument header = JsonDocument.Parse(file.AsMemory(8, headerLength));
        Dictionary<string, OracleTensor> tensors = new(StringComparer.Ordinal);
        long covered = 0;
        foreach (JsonProperty entry in header.RootElement.EnumerateObject())
        {
            if (entry.Name == "__metadata__")
            {
                continue;
            }

            string dtype = entry.Value.GetProperty("dtype").GetString()!;
            long[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64())];
            int begin = entry.Value.GetProperty("data_offsets")[0].GetInt32();
            int end = entry.Value.GetProperty("data_offsets")[1].GetInt32();
            if (end - begin != DenseArray.CountOf(shape) * OracleDType.Size(dtype))
            {
                throw new InvalidDataException($"{entry.Name}: {end - begin} bytes do not hold {dtype} [{string.Join(", ", shape)}]");
            }

            byte[] bytes = file.AsSpan(dataStart + begin, end - begin).ToArray();
            if (!tensors.TryAdd(entry.Name, new OracleTensor(entry.Name, dtype, shape, OracleDType.Decode(dtype, bytes), bytes)))
            {
                throw new InvalidDataException($"{entry.Name} occurs twice");
            }

            covered += end - begin;
        }

        if (covered != file.Length - dataStart)
        {
            throw new InvalidDataException($"tensors cover {covered} bytes of {file.Length - dataStart}");
        }

        return tensors;
    }

    /// <summary>Shapes only, from the header.</summary>
    public static IReadOnlyDictionary<string, long[]> ReadShapes(string path) =>
        Read(path).ToDictionary(t => t.Key, t => t.Value.Shape, StringComparer.Ordinal);

    /// <summary>The text of the header's <c>__metadata__</c>, or null where it is absent or null.</summary>
    public static string? ReadMetadata(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        using JsonDocument header = JsonDocument.Parse(file.AsMemory(8, checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file))));
        return header.RootElement.TryGetProperty("__metadata__", out JsonElement metadata) && metadata.ValueKind != JsonValueKind.Null
            ? metadata.GetRawText()
            : null;
    }

    /// <summary>Writes tensors in the order given, for tests that need a changed adapter.</summary>
    public static void Write(string path, IEnumerable<OracleTensor> tensors, bool peftMetadata = false) =>
        File.WriteAllBytes(path, ToBytes(tensors, peftMetadata));

    /// <summary>The file that <see cref="Write"/> writes.</summary>
    public static byte[] ToBytes(IEnumerable<OracleTensor> tensors, bool peftMetadata = false)
    {
        List<OracleTensor> list = [.. tensors];
        using MemoryStream header = new();
        using (Utf8JsonWriter json = new(header))
        {
            json.WriteStartObject();
            if (peftMetadata)
            {
                json.WriteStartObject("__metadata__");
                json.WriteString("format", "pt");
                json.WriteEndObject();
            }

            long offset = 0;
            foreach (OracleTensor tensor in list)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.DType);
                json.WriteStartArray("shape");
                foreach (long dimension in tensor.Shape)
                {
                    json.WriteNumberValue(dimension);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset + tensor.Bytes.Length);
                json.WriteEndArray();
                json.WriteEndObject();
                offset += tensor.Bytes.Length;
            }

            json.WriteEndObject();
        }

        using MemoryStream file = new();
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        file.Write(length);
        file.Write(header.ToArray());
        foreach (OracleTensor tensor in list)
        {
            file.Write(tensor.Bytes);
        }

        return file.ToArray();
    }

    /// <summary>Text for messages, such as <c>F32 [8, 64]</c>.</summary>
    public static string Describe(OracleTensor tensor) =>
        new StringBuilder(tensor.DType).Append(" [").AppendJoin(", ", tensor.Shape).Append(']').ToString();
}
