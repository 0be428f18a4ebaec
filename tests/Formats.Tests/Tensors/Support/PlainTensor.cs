using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Tests.Tensors.Support;

/// <summary>A tensor as an array of elements with an index for each axis; the plain reading that operations are compared with.</summary>
internal sealed class PlainTensor
{
    private readonly byte[][] _elements;

    private PlainTensor(int[] extents, byte[][] elements)
    {
        Extents = extents;
        _elements = elements;
    }

    public int[] Extents { get; }

    public byte[] this[params int[] index] => _elements[Position(index)];

    /// <summary>Asks for the element at every index, nested loops from the outermost axis.</summary>
    public static PlainTensor Build(int[] extents, Func<int[], byte[]> elementAt)
    {
        int count = extents.Aggregate(1, (product, extent) => product * extent);
        byte[][] elements = new byte[count][];
        int[] index = new int[extents.Length];
        for (int i = 0; i < count; i++)
        {
            elements[i] = elementAt([.. index]);
            for (int axis = extents.Length - 1; axis >= 0; axis--)
            {
                if (++index[axis] < extents[axis])
                {
                    break;
                }

                index[axis] = 0;
            }
        }

        return new PlainTensor(extents, elements);
    }

    public static PlainTensor Random(int[] extents, int elementBytes, Random random) => Build(extents, _ =>
    {
        byte[] element = new byte[elementBytes];
        random.NextBytes(element);
        return element;
    });

    public byte[] ToBytes() => [.. _elements.SelectMany(element => element)];

    public TensorShape Shape() => new([.. Extents.Select(extent => (long)extent)]);

    /// <summary>The same elements as a tensor under test.</summary>
    public LazyTensor ToTensor(DType dtype, bool ranges)
    {
        var tensor = new MemoryTensor(dtype, Shape(), ToBytes());
        return ranges ? tensor : new OpaqueTensor(tensor);
    }

    private int Position(int[] index)
    {
        int position = 0;
        for (int axis = 0; axis < Extents.Length; axis++)
        {
            Assert.InRange(index[axis], 0, Extents[axis] - 1);
            position = (position * Extents[axis]) + index[axis];
        }

        return position;
    }
}
