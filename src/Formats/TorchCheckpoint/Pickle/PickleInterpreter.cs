using Transfuse.Formats.Files;

namespace Transfuse.Formats.TorchCheckpoint.Pickle;

/// <summary>
/// Runs one pickle on descriptions of values. Nothing named in the pickle is ever resolved to code; the loop has no recursion,
/// and every object and memo entry is paid from a budget.
/// </summary>
/// <param name="reader">Positioned at the pickle.</param>
/// <param name="storages">Takes persistent ids; <see langword="null"/> where the pickle may not have any.</param>
/// <param name="budget">Objects and memo entries that may be made.</param>
/// <param name="refusal">Makes exceptions.</param>
internal sealed class PickleInterpreter(PickleReader reader, StorageTable? storages, long budget, TorchRefusal refusal)
{
    private readonly PickleStack _stack = new(reader, refusal);
    private readonly PickleMemo _memo = new(reader, refusal);
    private readonly PickleCalls _calls = new(refusal);
    private long _budget = budget;

    /// <summary>Runs to <c>STOP</c>; the reader is then behind it.</summary>
    public PickleValue Run()
    {
        if (reader.ReadByte() != (byte)PickleOpcode.Proto || reader.ReadByte() is < 2 or > 5)
        {
            throw Invalid(null, "the pickle does not begin with a protocol from 2 to 5");
        }

        for (byte code = reader.ReadByte(); code != (byte)PickleOpcode.Stop; code = reader.ReadByte())
        {
            Execute((PickleOpcode)code);
        }

        PickleValue result = _stack.Pop();
        return _stack.IsEmpty ? result : throw Invalid(null, "the pickle stops with values or marks left on its stack");
    }

    private void Execute(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Mark:
                _stack.Mark();
                break;
            case PickleOpcode.Append:
                AddToList(_stack.Pop(1));
                break;
            case PickleOpcode.Appends:
                AddToList(_stack.PopToMark());
                break;
            case PickleOpcode.SetItem:
                AddToDictionary(_stack.Pop(2));
                break;
            case PickleOpcode.SetItems:
                AddToDictionary(_stack.PopToMark());
                break;
            case PickleOpcode.Build:
                Build();
                break;
            case PickleOpcode.BinPut:
                Remember(reader.ReadByte());
                break;
            case PickleOpcode.LongBinPut:
                Remember(reader.ReadUInt32());
                break;
            case PickleOpcode.Memoize:
                Remember(_memo.Count);
                break;
            case PickleOpcode.Frame:
                SkipFrame();
                break;
            default:
                _stack.Push(Value(opcode));
                break;
        }
    }

    private PickleValue Value(PickleOpcode opcode) => opcode switch
    {
        PickleOpcode.EmptyTuple => PickleTuple.Empty,
        PickleOpcode.None => PickleNone.Instance,
        PickleOpcode.NewTrue => PickleBoolean.True,
        PickleOpcode.NewFalse => PickleBoolean.False,
        PickleOpcode.BinInt1 => PickleInteger.Of(reader.ReadByte()),
        PickleOpcode.BinInt2 => New(PickleInteger.Of(reader.ReadUInt16())),
        PickleOpcode.BinInt => New(PickleInteger.Of(reader.ReadInt32())),
        PickleOpcode.Long1 => New(PickleInteger.Of(LongInteger())),
        PickleOpcode.BinFloat => Skip(8, PickleOpaque.Float),
        PickleOpcode.ShortBinBytes => Skip(reader.ReadByte(), PickleOpaque.Bytes),
        PickleOpcode.BinBytes => Skip(reader.ReadUInt32(), PickleOpaque.Bytes),
        PickleOpcode.ShortBinString or PickleOpcode.ShortBinUnicode => New(new PickleString(reader.ReadText(reader.ReadByte()))),
        PickleOpcode.BinString => New(new PickleString(reader.ReadText(reader.ReadInt32()))),
        PickleOpcode.BinUnicode => New(new PickleString(reader.ReadText(reader.ReadUInt32()))),
        PickleOpcode.EmptyList => New(new PickleList()),
        PickleOpcode.EmptyDict => New(new PickleDictionary(ordered: false)),
        PickleOpcode.Tuple => New(new PickleTuple(_stack.PopToMark())),
        PickleOpcode.Tuple1 => New(new PickleTuple(_stack.Pop(1))),
        PickleOpcode.Tuple2 => New(new PickleTuple(_stack.Pop(2))),
        PickleOpcode.Tuple3 => New(new PickleTuple(_stack.Pop(3))),
        PickleOpcode.BinGet => _memo[reader.ReadByte()],
        PickleOpcode.LongBinGet => _memo[reader.ReadUInt32()],
        PickleOpcode.Global => Global(reader.ReadLine() + "." + reader.ReadLine()),
        PickleOpcode.StackGlobal => StackGlobal(_stack.Pop(2)),
        PickleOpcode.BinPersId => New(Storage(_stack.Pop())),
        PickleOpcode.Reduce => New(Reduce(_stack.Pop(2))),
        _ => throw Refused((byte)opcode),
    };

    private T New<T>(T value)
        where T : PickleValue
    {
        Spend();
        return value;
    }

    private PickleOpaque Skip(long length, PickleOpaque value)
    {
        reader.ReadBounded(length);
        return value;
    }

    private void Spend()
    {
        if (--_budget < 0)
        {
            throw refusal.Because(
                TorchCheckpointError.LimitExceeded, null, $"the pickle makes more objects by byte {reader.Position} than a file of this size needs");
        }
    }

    private void Remember(uint index)
    {
        for (uint slots = _memo.Put(index, _stack.Peek()); slots > 0; slots--)
        {
            Spend();
        }
    }

    private void AddToList(ReadOnlySpan<PickleValue> items)
    {
        if (_stack.Peek() is not PickleList list)
        {
            throw Invalid(null, $"the pickle appends to {_stack.Peek().Kind} before byte {reader.Position}");
        }

        list.Add(items);
    }

    private void AddToDictionary(ReadOnlySpan<PickleValue> items)
    {
        if (_stack.Peek() is not PickleDictionary dictionary || items.Length % 2 != 0)
        {
            throw Invalid(null, $"the pickle sets items of {_stack.Peek().Kind}, or a key without value, before byte {reader.Position}");
        }

        for (int i = 0; i < items.Length; i += 2)
        {
            if (items[i] is not PickleString key)
            {
                throw refusal.Because(
                    TorchCheckpointError.NotTensorDictionary, null, $"a key before byte {reader.Position} is {items[i].Kind}; tensors have names");
            }

            if (!dictionary.TryAdd(key.Value, items[i + 1]))
            {
                throw refusal.Because(TorchCheckpointError.NameDuplicate, key.Value, $"the key {QuotedName.Of(key.Value)} occurs twice");
            }
        }
    }

    private void Build()
    {
        // The only state in state dictionaries is nn.Module's _metadata: version numbers of modules.
        if (_stack.Pop() is not PickleDictionary || _stack.Peek() is not PickleDictionary { IsOrdered: true })
        {
            throw Invalid("BUILD", $"the pickle sets the state of something else than an OrderedDict before byte {reader.Position}");
        }
    }

    private void SkipFrame()
    {
        if (reader.ReadUInt64() > (ulong)reader.Remaining)
        {
            throw refusal.Because(TorchCheckpointError.Truncated, null, $"the frame before byte {reader.Position} is longer than the pickle");
        }
    }

    private long LongInteger()
    {
        ReadOnlySpan<byte> bytes = reader.Read(reader.ReadByte());
        if (bytes.Length > sizeof(long))
        {
            throw refusal.Because(TorchCheckpointError.LimitExceeded, null, $"an integer before byte {reader.Position} has {bytes.Length} bytes");
        }

        long value = bytes.IsEmpty || bytes[^1] < 0x80 ? 0 : -1;
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            value = (value << 8) | bytes[i];
        }

        return value;
    }

    private PickleGlobal StackGlobal(ReadOnlySpan<PickleValue> names) => names is [PickleString module, PickleString name]
        ? Global(module.Value + "." + name.Value)
        : throw Invalid("STACK_GLOBAL", $"a global before byte {reader.Position} is not named by two strings");

    private PickleGlobal Global(string name) => PickleGlobals.Find(name)
?? throw refusal.Because(
    TorchCheckpointError.GlobalRefused, name, $"the pickle names {QuotedName.Bare(name)}, which a dictionary of tensors does not need; nothing was run");

    private PickleStorage Storage(PickleValue id) => storages is null
        ? throw Invalid("BINPERSID", $"a storage is named before byte {reader.Position}, where none can be")
        : storages.Resolve(id);

    private PickleValue Reduce(ReadOnlySpan<PickleValue> call) => call is [PickleGlobal function, PickleTuple arguments]
        ? _calls.Reduce(function, arguments.Items)
        : throw Invalid("REDUCE", $"the pickle calls {call[0].Kind} with {call[1].Kind} before byte {reader.Position}");

    private TorchCheckpointException Invalid(string? item, string message) => refusal.Because(TorchCheckpointError.PickleInvalid, item, message);

    private TorchCheckpointException Refused(byte opcode) => refusal.Because(
        TorchCheckpointError.OpcodeRefused,
        RefusedOpcodes.Name(opcode),
        $"the pickle uses the opcode {RefusedOpcodes.Name(opcode)} at byte {reader.Position - 1}, which a dictionary of tensors does not need; nothing was "
        + "run");
}
