namespace Transfuse.Conversion.Batch;

/// <summary>A batch that cannot begin as it was asked for: a glob that matches nothing, two inputs for one output. Nothing was run.</summary>
/// <param name="message">What is wrong.</param>
/// <example>
/// <code>
/// try
/// {
///     DiscoveredInputs found = InputDiscovery.Find(["runs/*"]);
/// }
/// catch (BatchException wrong)
/// {
///     Console.Error.WriteLine(wrong.Message);             // such as a glob that matches nothing
/// }
/// </code>
/// </example>
public sealed class BatchException(string message) : Exception(message);
