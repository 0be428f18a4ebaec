using Transfuse.Formats.Fuzz.Seeds;

namespace Transfuse.Formats.Fuzz;

/// <summary>One file to read.</summary>
/// <param name="Bytes">The file.</param>
/// <param name="Check">What must hold for tensors that are read from it.</param>
/// <param name="MustOpen">Whether refusing it is wrong.</param>
public sealed record FuzzCase(byte[] Bytes, Action<IReadOnlyList<ExpectedTensor>> Check, bool MustOpen = false);
