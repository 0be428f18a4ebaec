using Transfuse.Formats.Tensors;

namespace Transfuse.Metadata.Adapters;

/// <summary>A tensor of an adapter that is not a low-rank factor.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="SourceName">Its name in the source file.</param>
/// <param name="Path">The base parameter that it concerns, such as <c>lm_head.weight</c>, in the adapter's layout.</param>
/// <param name="Tensor">The values.</param>
/// <seealso cref="Transfuse.Metadata.Adapters.Adapter" />
public sealed record OtherTensor(OtherTensorKind Kind, string SourceName, string Path, LazyTensor Tensor);
