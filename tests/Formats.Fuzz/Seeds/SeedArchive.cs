using Transfuse.Formats.Fuzz.Writers;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Fuzz.Seeds;

/// <summary>A valid npz file of random arrays, with their elements.</summary>
public sealed class SeedArchive
{
    private static readonly (string Descr, DType DType, int Size)[] Types =
    [
        ("<f4", DType.F32, 4), (">f4", DType.F32, 4), ("<f2", DType.F16, 2), (">i8", DType.I64, 8), ("|u1", DType.U8, 1), ("<V2", DType.BF16, 2),
        ("V2", DType.BF16, 2), ("|b1", DType.Bool, 1),
    ];

    private SeedArchive(Random random)
    {
        var items = new List<ZipItem>();
        var tensors = new List<ExpectedTensor>();
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            Add(random, $"model.layers.{i}.lora_a", items, tensors);
        }

        Tensors = tensors;
        Bytes = ZipWriter.Write([.. items], zip64End: random.Next(3) == 0);
    }

    /// <summary>The file.</summary>
    public byte[] Bytes { get; }

    /// <summary>What a reader must find.</summary>
    public IReadOnlyList<ExpectedTensor> Tensors { get; }

    public static SeedArchive Make(Random random) => new(random);

    private static void Add(Random random, string name, List<ZipItem> items, List<ExpectedTensor> tensors)
    {
        (string descr, DType type, int size) = Types[random.Next(Types.Length)];
        bool fortran = random.Next(3) == 0;
        long[] shape = [.. Enumerable.Range(0, random.Next(4)).Select(_ => (long)random.Next(random.Next(8) == 0 ? 0 : 1, 6))];
        long count = shape.Aggregate(1L, (left, right) => left * right);
        byte[] stored = new byte[count * size];
        random.NextBytes(stored.AsSpan(0, stored.Length / (random.Next(3) + 1)));
        byte[] little = descr[0] == '>' ? [.. stored.Chunk(size).SelectMany(unit => unit.Reverse())] : stored;
        byte[] rows = fortran ? [.. RowMajor(shape).SelectMany(position => little.Skip(position * size).Take(size))] : little;
        byte[] member = NpyWriter.Write(descr, shape, stored, fortran, (byte)random.Next(1, 4));
        ZipItem item = random.Next(2) == 0 ? ZipItem.Deflated(name + ".npy", member) : new ZipItem(name + ".npy", member) { Padding = random.Next(8) };
        items.Add(item with { IsZip64 = random.Next(3) == 0 });
        tensors.Add(new ExpectedTensor(name, type, shape, rows));
    }

    /// <summary>Where the elements lie in Fortran order, in row-major order.</summary>
    private static IEnumerable<int> RowMajor(long[] shape)
    {
        IEnumerable<int> positions = [0];
        int stride = 1;
        foreach (long size in shape)
        {
            int step = stride;
            positions = positions.SelectMany(position => Enumerable.Range(0, (int)size).Select(index => position + (index * step)));
            stride *= (int)size;
        }

        return positions;
    }
}
