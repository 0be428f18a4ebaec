using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Conversion.Readers;

/// <summary>What is told about an adapter and the reader that it is held before.</summary>
/// <param name="Base">The base model as the reader would have it, if given.</param>
/// <param name="ModelType">The base's <c>model_type</c>, if given.</param>
/// <param name="MaxLoraRank">The server's <c>max_lora_rank</c>, if given.</param>
/// <param name="LooksAtValues">Whether the values of the factors are read too.</param>
internal sealed record ReaderTerms(BaseModel? Base, string? ModelType = null, int? MaxLoraRank = null, bool LooksAtValues = false);
