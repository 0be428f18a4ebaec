namespace Transfuse.Apply.Models;

/// <summary>A model that cannot be run, or a folder that is none.</summary>
/// <param name="cause">Why.</param>
/// <param name="subject">The file, field or tensor.</param>
/// <param name="detail">What was found, with the numbers.</param>
/// <example>
/// <code>
/// try
/// {
///     using LanguageModel llama = LanguageModel.Load("models/llama", backend);
/// }
/// catch (ModelException refused)
/// {
///     Console.Error.WriteLine(refused.Message);
/// }
/// </code>
/// </example>
public sealed class ModelException(ModelError cause, string subject, string detail) : Exception($"{subject}: {detail}")
{
    /// <summary>Why.</summary>
    public ModelError Cause { get; } = cause;

    /// <summary>The file, field or tensor.</summary>
    public string Subject { get; } = subject;

    /// <summary>What was found, with the numbers.</summary>
    public string Detail { get; } = detail;
}
