using Transfuse.Formats.Fuzz.Seeds;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Fuzz.Targets;

/// <summary>Damaged pickles in whole checkpoints. Whatever is read from them must consist of elements of the storages.</summary>
public sealed class PickleTarget : TorchTarget
{
    private static readonly byte[][] Pieces =
    [
        "cos\nsystem\n"u8.ToArray(), "cbuiltins\neval\n"u8.ToArray(), "ctorch\nSize\n"u8.ToArray(), "ctorch\nint16\n"u8.ToArray(),
        "ctorch.storage\nUntypedStorage\n"u8.ToArray(),
        "ctorch._utils\n_rebuild_tensor_v3\n"u8.ToArray(), "ctorch\nHalfStorage\n"u8.ToArray(), ")R"u8.ToArray(), "tR"u8.ToArray(), "("u8.ToArray(),
        "0"u8.ToArray(), "2"u8.ToArray(), "b"u8.ToArray(),
        "Q"u8.ToArray(), [0x85], [0x86], [0x87], [0x93], [0x94], [0x8a, 8, 255, 255, 255, 255, 255, 255, 255, 127], [(byte)'J', 255, 255, 255, 255],
        [(byte)'r', 255, 255, 255, 127],
    ];

    private static readonly byte[][] Landmarks = ["torch"u8.ToArray(), "tQ"u8.ToArray(), "K"u8.ToArray(), "t"u8.ToArray(), "h"u8.ToArray()];

    public override string Name => "pickle";

    public override FuzzCase MakeCase(Random random)
    {
        var seed = SeedCheckpoint.Make(random);
        byte[] landmark = Landmarks[random.Next(Landmarks.Length)];
        byte[] pickle = random.Next(4) == 0 ? seed.Pickle : Mutator.Mutate(random, seed.Pickle, landmark);
        for (int pieces = Math.Max(0, random.Next(-3, 3)); pieces > 0 && pickle.Length > 3; pieces--)
        {
            int at = random.Next(2, pickle.Length);
            pickle = [.. pickle.AsSpan(0, at), .. Pieces[random.Next(Pieces.Length)], .. pickle.AsSpan(at + random.Next(Math.Min(8, pickle.Length - at)))];
        }

        return new FuzzCase(seed.ToFile(pickle), tensors => RequireElements(seed, tensors));
    }

    private static void RequireElements(SeedCheckpoint seed, IReadOnlyList<ExpectedTensor> tensors)
    {
        foreach (ExpectedTensor tensor in tensors)
        {
            int size = tensor.DType.BitSize() / 8;
            int unit = seed.IsBigEndian && tensor.DType == DType.C64 ? 4 : seed.IsBigEndian ? size : 1;
            HashSet<string> elements = [.. seed.Storages.SelectMany(storage => Elements(storage, size, unit))];
            if (Elements(tensor.Bytes, size, unit: 1).Any(element => !elements.Contains(element)))
            {
                throw new FuzzFailureException($"{tensor.Name} has elements that are in no storage.");
            }
        }
    }

    private static IEnumerable<string> Elements(byte[] bytes, int size, int unit) =>
        bytes.Chunk(size).Select(element => Convert.ToHexString([.. element.Chunk(unit).SelectMany(part => part.Reverse())]));
}
