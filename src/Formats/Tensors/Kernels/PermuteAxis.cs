namespace Transfuse.Formats.Tensors.Kernels;

/// <summary>One axis of a permutation, in the order of the destination.</summary>
/// <param name="Extent">Number of positions; at least 2.</param>
/// <param name="SourceStride">Bytes from one position to the next in the source.</param>
/// <param name="DestinationStride">Bytes from one position to the next in the destination.</param>
internal readonly record struct PermuteAxis(long Extent, long SourceStride, long DestinationStride);
