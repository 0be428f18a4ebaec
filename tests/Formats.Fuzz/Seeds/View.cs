namespace Transfuse.Formats.Fuzz.Seeds;

/// <summary>A random view of a storage, in elements.</summary>
public sealed record View(long Offset, long[] Sizes, long[] Strides)
{
    private IEnumerable<int> Positions
    {
        get
        {
            IEnumerable<long> positions = [Offset];
            for (int axis = 0; axis < Sizes.Length; axis++)
            {
                (long size, long stride) = (Sizes[axis], Strides[axis]);
                positions = positions.SelectMany(position => Enumerable.Range(0, (int)size).Select(index => position + (index * stride)));
            }

            return positions.Select(position => (int)position);
        }
    }

    /// <summary>Elements that the storage must have.</summary>
    public int End => Positions.Select(position => position + 1).Append((int)Offset).Max();

    public static View Make(Random random)
    {
        long[] sizes = [.. Enumerable.Range(0, random.Next(5)).Select(_ => random.Next(20) == 0 ? 0L : random.Next(1, 5))];
        long[] strides = new long[sizes.Length];
        long stride = 1;
        int[] order = [.. Enumerable.Range(0, sizes.Length)];
        if (random.Next(2) == 0)
        {
            random.Shuffle(order);
        }

        foreach (int axis in order.Reverse())
        {
            strides[axis] = random.Next(8) == 0 ? random.Next(6) : stride;
            stride = Math.Max(strides[axis] * sizes[axis], 1);
        }

        return new View(random.Next(4), sizes, strides);
    }

    /// <summary>The tensor's elements in row-major order.</summary>
    public ExpectedTensor Read(string name, StorageType type, byte[] elements) =>
        new(name, type.DType, Sizes, [.. Positions.SelectMany(position => elements.Skip(position * type.Size).Take(type.Size))]);
}
