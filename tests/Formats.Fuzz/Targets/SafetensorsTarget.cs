using System.Buffers.Binary;
using System.Text.Json;
using Transfuse.Formats.Files;
using Transfuse.Formats.Fuzz.Seeds;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Fuzz.Targets;

/// <summary>
/// Damaged safetensors files. What is still read must be what another JSON parser finds at the places that the header names, and fill the file.
/// </summary>
public sealed class SafetensorsTarget : FuzzTarget
{
    private const int LengthBytes = 8;

    public override string Name => "safetensors";

    public override FuzzCase MakeCase(Random random)
    {
        byte[] real = RealFiles.Safetensors[random.Next(RealFiles.Safetensors.Count)];
        bool isWhole = random.Next(16) == 0;
        byte[] bytes = isWhole ? real : random.Next(2) == 0 ? InHeader(random, real) : Mutator.Mutate(random, real, "data_offsets"u8);
        return new FuzzCase(bytes, tensors => RequireSlices(bytes, tensors), MustOpen: isWhole);
    }

    public override ITensorContainer Open(byte[] bytes) => SafetensorsFile.Open(new MemoryByteSource("fuzzed.safetensors", bytes));

    public override string? Cause(Exception exception) => (exception as SafetensorsException)?.Cause.ToString();

    // Damage behind a length that fits it again, so that the JSON is what is tried.
    private static byte[] InHeader(Random random, byte[] real)
    {
        int header = LengthBytes + (int)BinaryPrimitives.ReadInt64LittleEndian(real);
        byte[] changed = Mutator.Mutate(random, real[LengthBytes..header], "\""u8);
        byte[] length = new byte[LengthBytes];
        BinaryPrimitives.WriteInt64LittleEndian(length, changed.Length);
        return [.. length, .. changed, .. real[header..]];
    }

    private static void RequireSlices(byte[] bytes, IReadOnlyList<ExpectedTensor> tensors)
    {
        int payload = LengthBytes + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        using var header = JsonDocument.Parse(bytes.AsMemory(LengthBytes, payload - LengthBytes));
        if (tensors.Sum(tensor => (long)tensor.Bytes.Length) != bytes.Length - payload)
        {
            throw new FuzzFailureException("The tensors do not fill the file.");
        }

        foreach (ExpectedTensor tensor in tensors)
        {
            JsonElement entry = header.RootElement.GetProperty(tensor.Name);
            int[] offsets = [.. entry.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32())];
            bool isSame = entry.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt64()).SequenceEqual(tensor.Shape)
                && bytes.AsSpan(payload + offsets[0], offsets[1] - offsets[0]).SequenceEqual(tensor.Bytes);
            if (!isSame)
            {
                throw new FuzzFailureException($"{tensor.Name} is not what the header says.");
            }
        }
    }
}
