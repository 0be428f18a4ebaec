using System.Buffers.Binary;

namespace Transfuse.Formats.Fuzz;

/// <summary>Damages files: flipped bits, edge values, copied, inserted and removed pieces, truncation.</summary>
public static class Mutator
{
    private static readonly long[] Edges =
        [0, 1, -1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue];

    /// <summary>Applies one to five changes.</summary>
    /// <param name="random">Decides.</param>
    /// <param name="original">Stays as it is.</param>
    /// <param name="landmark">Half of the changes fall close to an occurrence of these bytes; empty for none.</param>
    public static byte[] Mutate(Random random, byte[] original, ReadOnlySpan<byte> landmark)
    {
        List<byte> bytes = [.. original];
        for (int changes = random.Next(2) == 0 ? 1 : random.Next(1, 6); changes > 0; changes--)
        {
            Change(random, bytes, Place(random, bytes, landmark));
        }

        return [.. bytes];
    }

    private static int Place(Random random, List<byte> bytes, ReadOnlySpan<byte> landmark)
    {
        int place = random.Next(bytes.Count + 1);
        if (!landmark.IsEmpty && random.Next(2) == 0)
        {
            int found = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes)[place..].IndexOf(landmark);
            place = found < 0 ? place : Math.Min(bytes.Count, place + found + random.Next(landmark.Length == 1 ? 3 : 64));
        }

        return place;
    }

    private static void Change(Random random, List<byte> bytes, int place)
    {
        int length = Math.Min(random.Next(1, random.Next(2) == 0 ? 9 : 65), bytes.Count - place);
        switch (random.Next(15))
        {
            case < 4 when length > 0:
                bytes[place] ^= (byte)(1 << random.Next(8));
                break;
            case < 7 when length > 0:
                bytes[place] = (byte)random.Next(256);
                break;
            case < 11:
                Overwrite(random, bytes, place);
                break;
            case 11:
                bytes.RemoveRange(place, length);
                break;
            case 12:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(place, length));
                break;
            case 13:
                byte[] noise = new byte[length];
                random.NextBytes(noise);
                bytes.InsertRange(place, noise);
                break;
            case 14 when random.Next(4) == 0:
                bytes.RemoveRange(place, bytes.Count - place);
                break;
            default:
                Replace(bytes, place, bytes.GetRange(Math.Min(random.Next(bytes.Count + 1), bytes.Count - length), length));
                break;
        }
    }

    private static void Overwrite(Random random, List<byte> bytes, int place)
    {
        Span<byte> value = stackalloc byte[8];
        long edge = random.Next(4) switch
        {
            0 => random.NextInt64(),
            1 => bytes.Count + random.Next(-70, 10),
            _ => Edges[random.Next(Edges.Length)],
        };
        BinaryPrimitives.WriteInt64LittleEndian(value, edge);
        Replace(bytes, place, [.. value[..(1 << random.Next(4))]]);
    }

    private static void Replace(List<byte> bytes, int place, List<byte> with)
    {
        for (int i = 0; i < with.Count && place + i < bytes.Count; i++)
        {
            bytes[place + i] = with[i];
        }
    }
}
