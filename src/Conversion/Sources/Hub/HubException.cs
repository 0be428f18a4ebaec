using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Sources.Hub;

/// <summary>Something cannot be had from a hub; asking again does not help.</summary>
/// <param name="cause">Why.</param>
/// <param name="subject">The repository, or the file in it.</param>
/// <param name="detail">What the hub said. It never holds a token.</param>
/// <example>
/// <code>
/// try
/// {
///     string folder = HubFolders.FromEnvironment.FetchAdapter(HubId.Parse("hf:owner/name"));
/// }
/// catch (HubException failed)
/// {
///     Console.Error.WriteLine($"{failed.Cause}: {failed.Message}");
/// }
/// </code>
/// </example>
public sealed class HubException(HubError cause, string subject, string detail) : ContainerException(subject, null, detail)
{
    /// <summary>Why.</summary>
    public HubError Cause { get; } = cause;
}
