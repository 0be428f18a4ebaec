using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Safetensors;

/// <summary>Neighbouring tensors that one worker writes: several small ones, or one large one.</summary>
/// <param name="First">Index of the first tensor.</param>
/// <param name="Count">How many.</param>
/// <param name="Position">Where their bytes begin in the file.</param>
/// <param name="Length">How many bytes they have.</param>
internal readonly record struct WriteUnit(int First, int Count, long Position, long Length)
{
    /// <summary>Groups tensors, in the order of their data, into units of at most <paramref name="targetLength"/> bytes where tensors are not larger.</summary>
    public static List<WriteUnit> Plan(List<NamedTensor> tensors, long position, long targetLength)
    {
        var units = new List<WriteUnit>();
        var unit = new WriteUnit(0, 0, position, 0);
        foreach (NamedTensor named in tensors)
        {
            long length = named.Tensor.ByteLength;
            if (unit.Count > 0 && unit.Length + length > targetLength)
            {
                units.Add(unit);
                unit = new WriteUnit(unit.First + unit.Count, 0, unit.Position + unit.Length, 0);
            }

            unit = unit with { Count = unit.Count + 1, Length = unit.Length + length };
        }

        units.Add(unit);
        units.RemoveAll(empty => empty.Length == 0);
        return units;
    }
}
