using System.Buffers.Binary;
using System.Text;

namespace Transfuse.Formats.Fuzz.Writers;

/// <summary>Emits pickle opcodes one by one, valid or not.</summary>
public sealed class PickleWriter
{
    private readonly List<byte> _bytes = [];

    public PickleWriter(int protocol = 2) => Raw(0x80, (byte)protocol);

    public byte[] Stop()
    {
        Raw((byte)'.');
        return [.. _bytes];
    }

    /// <summary>What was written so far, without an end.</summary>
    public byte[] ToArray() => [.. _bytes];

    public PickleWriter Raw(params ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public PickleWriter Op(char opcode) => Raw((byte)opcode);

    public PickleWriter Repeat(int count, params ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < count; i++)
        {
            Raw(bytes);
        }

        return this;
    }

    public PickleWriter Mark() => Op('(');

    public PickleWriter EmptyDict() => Op('}');

    public PickleWriter Text(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return Op('X').UInt32((uint)bytes.Length).Raw(bytes);
    }

    public PickleWriter Number(long value)
    {
        switch (value)
        {
            case >= 0 and < 256:
                return Op('K').Raw((byte)value);
            case >= int.MinValue and <= int.MaxValue:
                return Op('J').UInt32((uint)(int)value);
            default:
                Span<byte> bytes = stackalloc byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
                return Raw(0x8a, 8).Raw(bytes);
        }
    }

    public PickleWriter Bool(bool value) => Raw(value ? (byte)0x88 : (byte)0x89);

    public PickleWriter Global(string module, string name) => Op('c').Raw(Encoding.UTF8.GetBytes($"{module}\n{name}\n"));

    public PickleWriter Put(int index) => index < 256 ? Op('q').Raw((byte)index) : Op('r').UInt32((uint)index);

    public PickleWriter Get(int index) => index < 256 ? Op('h').Raw((byte)index) : Op('j').UInt32((uint)index);

    public PickleWriter Integers(params long[] values)
    {
        Mark();
        foreach (long value in values)
        {
            Number(value);
        }

        return Op('t');
    }

    public PickleWriter OrderedDict() => Global("collections", "OrderedDict").Raw((byte)')', (byte)'R');

    /// <summary>A storage's persistent id.</summary>
    public PickleWriter Storage(string storageClass, string key, long count, bool legacy = false)
    {
        int point = storageClass.LastIndexOf('.');
        Mark().Text("storage").Global(storageClass[..point], storageClass[(point + 1)..]).Text(key).Text("cpu").Number(count);
        return (legacy ? Op('N') : this).Raw((byte)'t', (byte)'Q');
    }

    /// <summary>A tensor of <c>_rebuild_tensor_v2</c>.</summary>
    public PickleWriter Tensor(string storageClass, string key, long count, long offset, long[] sizes, long[] strides, bool legacy = false) =>
        Global("torch._utils", "_rebuild_tensor_v2")
            .Mark()
            .Storage(storageClass, key, count, legacy)
            .Number(offset)
            .Integers(sizes)
            .Integers(strides)
            .Bool(false)
            .OrderedDict().Raw((byte)'t', (byte)'R');

    private PickleWriter UInt32(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Raw(bytes);
    }
}
