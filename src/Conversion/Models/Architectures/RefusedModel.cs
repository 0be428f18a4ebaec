using Transfuse.Conversion.Models.Architectures.Expressions;

namespace Transfuse.Conversion.Models.Architectures;

/// <summary>A reason to refuse all adapters of a model type, or those of some of its models.</summary>
internal sealed record RefusedModel(Condition? When, string Reason);
