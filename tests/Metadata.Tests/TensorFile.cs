using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Transfuse.Formats.Json;

namespace Transfuse.Metadata.Tests;

/// <summary>The least that tests need to read from a safetensors file.</summary>
internal sealed class TensorFile
{
    private readonly byte[] _bytes;
    private readonly int _start;
    private readonly JsonObject _header;

    public TensorFile(string path)
    {
        _bytes = File.ReadAllBytes(path);
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(_bytes);
        _header = (JsonObject)PythonJson.Parse(_bytes.AsSpan(8, length), path);
        _start = 8 + length;
    }

    public IEnumerable<string> Names => _header.Members.Select(member => member.Key).Where(name => name != "__metadata__");

    public long[] Shape(string name) => Integers(name, "shape");

    public float[] Floats(string name)
    {
        Assert.Equal("F32", ((JsonString)((JsonObject)_header[name]!)["dtype"]!).Value);
        long[] offsets = Integers(name, "data_offsets");
        return MemoryMarshal.Cast<byte, float>(_bytes.AsSpan(_start + (int)offsets[0], (int)(offsets[1] - offsets[0]))).ToArray();
    }

    private long[] Integers(string name, string field) =>
        [.. ((JsonArray)((JsonObject)_header[name]!)[field]!).Items.Select(item => ((JsonNumber)item).TryGetInteger(out long value) ? value : -1)];
}
