namespace Transfuse.Apply.Models.Expressions;

/// <summary>An expression that has no value for this configuration.</summary>
internal sealed class ExpressionException(string message) : Exception(message);
