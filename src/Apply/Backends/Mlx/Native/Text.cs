using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Transfuse.Apply.Backends.Mlx.Native;

/// <summary>Text for C.</summary>
internal static unsafe class Text
{
    /// <summary>A literal (<c>"causal"u8</c>): it lies in the program itself, does not move, and ends with a zero.</summary>
    public static byte* Of(ReadOnlySpan<byte> literal) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(literal));
}
