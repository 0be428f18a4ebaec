namespace Transfuse.Apply.Backends.Managed;

/// <summary>Arithmetic of shapes.</summary>
internal static class Shapes
{
    /// <summary>Number of elements.</summary>
    /// <exception cref="OverflowException">More than an array can have.</exception>
    public static int Count(ReadOnlySpan<int> shape)
    {
        int count = 1;
        foreach (int extent in shape)
        {
            count = checked(count * extent);
        }

        return count;
    }

    /// <summary>An axis that may count from the end.</summary>
    public static int Axis(BackendArray array, int axis)
    {
        int resolved = axis < 0 ? axis + array.Rank : axis;
        return resolved >= 0 && resolved < array.Rank ? resolved : throw new ArgumentException($"There is no axis {axis} in {array}.", nameof(axis));
    }

    /// <summary>The shape of an elementwise result.</summary>
    public static int[] Broadcast(BackendArray a, BackendArray b)
    {
        int[] shape = new int[Math.Max(a.Rank, b.Rank)];
        for (int i = 1; i <= shape.Length; i++)
        {
            int left = i <= a.Rank ? a[^i] : 1, right = i <= b.Rank ? b[^i] : 1;
            shape[^i] = left == right || right == 1 ? left : left == 1 ? right : throw new ArgumentException($"{a} and {b} do not broadcast.", nameof(b));
        }

        return shape;
    }

    /// <summary>Extents before an axis, at it, and after it, multiplied.</summary>
    public static (int Outer, int Extent, int Inner) Around(BackendArray array, int axis) =>
        (Count(array.Shape[..axis]), array[axis], Count(array.Shape[(axis + 1)..]));

    /// <summary>A shape with one extent replaced.</summary>
    public static int[] With(BackendArray array, int axis, int extent)
    {
        int[] shape = array.Shape.ToArray();
        shape[axis] = extent;
        return shape;
    }
}
