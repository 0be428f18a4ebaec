using System.Collections.Immutable;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Numerics;

/// <summary>The singular value decomposition of a product B A that was never formed.</summary>
internal interface ILowRankSvd
{
    /// <summary>The singular values, largest first.</summary>
    ImmutableArray<double> Values { get; }

    /// <summary>The best approximation of a rank: A <c>(rank, in)</c> and B <c>(out, rank)</c>, float32, each with the roots of the values.</summary>
    (LazyTensor A, LazyTensor B) Truncate(int rank);
}
