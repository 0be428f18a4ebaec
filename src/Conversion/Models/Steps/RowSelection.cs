namespace Transfuse.Conversion.Models.Steps;

/// <summary>
/// Which output rows of a Hugging Face tensor belong to one MLX module: within every run of <see cref="Every"/> rows
/// those from <see cref="From"/> on, <see cref="Count"/> in number. Where <see cref="Every"/> is 0, the run is the whole
/// tensor, and From and Count are counted in parts of it, of which there are <see cref="Parts"/>.
/// </summary>
internal readonly record struct RowSelection
{
    private RowSelection(long every, long from, long count, int parts)
    {
        Every = every;
        From = from;
        Count = count;
        Parts = parts;
    }

    public static RowSelection All { get; } = Part(0, 1);

    /// <summary>Rows 0, 2, 4 and so on.</summary>
    public static RowSelection Even { get; } = Blocks(2, 0, 1);

    /// <summary>Rows 1, 3, 5 and so on.</summary>
    public static RowSelection Odd { get; } = Blocks(2, 1, 1);

    /// <summary>Length of a run, or 0 for the whole tensor.</summary>
    public long Every { get; }

    /// <summary>First row, or first part, within a run.</summary>
    public long From { get; }

    /// <summary>Number of rows, or of parts, within a run.</summary>
    public long Count { get; }

    /// <summary>Number of equal parts of the whole, where <see cref="Every"/> is 0.</summary>
    public int Parts { get; }

    /// <summary>Whether these are all rows.</summary>
    public bool IsAll => Every == 0 && Count == Parts;

    /// <summary>Part <paramref name="index"/> of <paramref name="parts"/> equal consecutive ones; a half is a part of two.</summary>
    public static RowSelection Part(int index, int parts) =>
        parts > 0 && index >= 0 && index < parts
            ? new(0, index, 1, parts)
            : throw new ArgumentOutOfRangeException(nameof(index), index, "A part is one of a positive number.");

    /// <summary>Within every <paramref name="every"/> rows those from <paramref name="from"/> on.</summary>
    public static RowSelection Blocks(long every, long from, long count) =>
        every > 0 && from >= 0 && count > 0 && from <= every - count
            ? new(every, from, count, 0)
            : throw new ArgumentOutOfRangeException(nameof(every), every, "A selection lies within its run.");

    /// <summary>Whether the rows of a tensor divide into whole runs and parts.</summary>
    /// <param name="rows">Number of rows of the tensor.</param>
    public bool Fits(long rows) => rows > 0 && rows % (Every == 0 ? Parts : Every) == 0;

    /// <summary>Number of selected rows.</summary>
    /// <param name="rows">Number of rows of the tensor.</param>
    /// <exception cref="ArgumentException">The rows do not divide.</exception>
    public long CountIn(long rows)
    {
        Check(rows);
        return Every == 0 ? rows / Parts * Count : rows / Every * Count;
    }

    /// <summary>The selected rows in order: element i of the MLX module is row <c>Row(i, rows)</c> of the Hugging Face tensor.</summary>
    /// <param name="index">Row of the MLX module.</param>
    /// <param name="rows">Number of rows of the Hugging Face tensor.</param>
    /// <exception cref="ArgumentException">The rows do not divide.</exception>
    public long Row(long index, long rows)
    {
        Check(rows);
        long every = Every == 0 ? rows : Every;
        long unit = Every == 0 ? rows / Parts : 1;
        long count = Count * unit;
        return index / count * every + From * unit + index % count;
    }

    private void Check(long rows)
    {
        if (!Fits(rows))
        {
            throw new ArgumentException($"{rows} rows do not divide into runs of {(Every == 0 ? Parts : Every)}.", nameof(rows));
        }
    }
}
