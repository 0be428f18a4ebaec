namespace Transfuse.Formats.Fuzz;

/// <summary>A reader broke its promise: a wrong answer, an untyped exception, too much time or too much memory.</summary>
public sealed class FuzzFailureException(string message, Exception? innerException = null) : Exception(message, innerException);
