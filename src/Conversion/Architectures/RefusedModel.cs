using Transfuse.Conversion.Architectures.Expressions;

namespace Transfuse.Conversion.Architectures;

/// <summary>A reason to refuse all adapters of a model type, or those of some of its models.</summary>
internal sealed record RefusedModel(Condition? When, string Reason);
