using System.Collections.Immutable;
using Transfuse.Metadata.Adapters;

namespace Transfuse.Conversion.Dialects.Peft;

/// <summary>The tensors of a PEFT file, sorted.</summary>
/// <param name="Modules">Factors by module, in the order of the names.</param>
/// <param name="Others">Tensors that are no factors.</param>
internal sealed record PeftTensors(ImmutableArray<PeftModuleFactors> Modules, ImmutableArray<OtherTensor> Others);
