using System.Numerics;
using System.Text;

namespace Transfuse.Oracle;

/// <summary>The few pickle opcodes that torch.save of a dict of tensors uses. Names of globals stay strings; nothing is called.</summary>
internal static class OraclePickle
{
    private static readonly object Mark = new();

    /// <summary>Runs one pickle that starts at the position and moves the position past its STOP.</summary>
    public static object? Load(byte[] code, ref int position)
    {
        List<object?> stack = [];
        Dictionary<int, object?> memo = [];
        while (true)
        {
            byte opcode = code[position++];
            switch (opcode)
            {
                case 0x80: position++; break; // PROTO
                case 0x7D: stack.Add(new Dictionary<object, object?>()); break;
                case 0x5D: stack.Add(new List<object?>()); break;
                case 0x29: stack.Add(Array.Empty<object?>()); break;
                case 0x28: stack.Add(Mark); break;
                case 0x4E: stack.Add(null); break;
                case 0x88: stack.Add(true); break;
                case 0x89: stack.Add(false); break;
                case 0x4B: stack.Add((long)code[position++]); break;
                case 0x4D: stack.Add((long)BitConverter.ToUInt16(code, position)); position += 2; break;
                case 0x4A: stack.Add((long)BitConverter.ToInt32(code, position)); position += 4; break;
                case 0x8A: stack.Add(LongOne(code, ref position)); break;
                case 0x58: stack.Add(Text(code, ref position)); break;
                case 0x63: stack.Add(Line(code, ref position) + " " + Line(code, ref position)); break; // GLOBAL
                case 0x71: memo[code[position++]] = stack[^1]; break;
                case 0x72: memo[BitConverter.ToInt32(code, position)] = stack[^1]; position += 4; break;
                case 0x68: stack.Add(memo[code[position++]]); break;
                case 0x6A: stack.Add(memo[BitConverter.ToInt32(code, position)]); position += 4; break;
                case 0x85: stack.Add(Take(stack, 1)); break;
                case 0x86: stack.Add(Take(stack, 2)); break;
                case 0x87: stack.Add(Take(stack, 3)); break;
                case 0x74: stack.Add(TakeToMark(stack)); break;
                case 0x51: break; // BINPERSID: the tuple on top stands for the storage
                case 0x52: object?[] call = Take(stack, 2); stack.Add(Reduce((string)call[0]!, (object?[])call[1]!)); break;
                case 0x73: object?[] pair = Take(stack, 2); Set(stack[^1], pair); break;
                case 0x75: object?[] pairs = TakeToMark(stack); Set(stack[^1], pairs); break;
                case 0x61: object?[] one = Take(stack, 1); ((List<object?>)stack[^1]!).AddRange(one); break;
                case 0x65: object?[] many = TakeToMark(stack); ((List<object?>)stack[^1]!).AddRange(many); break;
                case 0x2E: return stack[^1];
                default: throw new InvalidDataException($"pickle opcode 0x{opcode:X2}");
            }
        }
    }

    private static object? Reduce(string name, object?[] arguments)
    {
        if (name == "torch._utils _rebuild_tensor_v2")
        {
            object?[] storage = (object?[])arguments[0]!;
            return new Tensor(
                (string)storage[1]!, (string)storage[2]!, (long)storage[4]!, (long)arguments[1]!, Longs(arguments[2]), Longs(arguments[3]));
        }

        return name == "collections OrderedDict" ? new Dictionary<object, object?>() : throw new InvalidDataException($"pickle calls {name}");
    }

    private static long[] Longs(object? tuple) => [.. ((object?[])tuple!).Cast<long>()];

    private static void Set(object? target, object?[] pairs)
    {
        for (int i = 0; i < pairs.Length; i += 2)
        {
            ((Dictionary<object, object?>)target!)[pairs[i]!] = pairs[i + 1];
        }
    }

    private static object?[] Take(List<object?> stack, int count)
    {
        object?[] items = [.. stack[^count..]];
        stack.RemoveRange(stack.Count - count, count);
        return items;
    }

    private static object?[] TakeToMark(List<object?> stack)
    {
        int mark = stack.LastIndexOf(Mark);
        object?[] items = [.. stack[(mark + 1)..]];
        stack.RemoveRange(mark, stack.Count - mark);
        return items;
    }

    private static object LongOne(byte[] code, ref int position)
    {
        int length = code[position++];
        BigInteger value = new(code.AsSpan(position, length));
        position += length;
        return value.GetByteCount() <= 8 ? (object)(long)value : value;
    }

    private static string Text(byte[] code, ref int position)
    {
        int length = BitConverter.ToInt32(code, position);
        string text = Encoding.UTF8.GetString(code, position + 4, length);
        position += 4 + length;
        return text;
    }

    private static string Line(byte[] code, ref int position)
    {
        int end = Array.IndexOf(code, (byte)'\n', position);
        string line = Encoding.ASCII.GetString(code, position, end - position);
        position = end + 1;
        return line;
    }

    /// <summary>A tensor as its pickle describes it: a view of a storage, in elements.</summary>
    internal sealed record Tensor(string StorageClass, string Key, long Count, long Offset, long[] Shape, long[] Strides);
}
