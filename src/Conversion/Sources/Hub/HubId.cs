using System.Text.RegularExpressions;

namespace Transfuse.Conversion.Sources.Hub;

/// <summary>A folder of a repository of models on a hub: <c>hf:owner/name[@revision][/folder]</c>.</summary>
/// <param name="Repository">The repository, as <c>owner/name</c>.</param>
/// <param name="Revision">A branch, a tag or a commit.</param>
/// <param name="Folder">The folder in it, with slashes; empty for the repository itself.</param>
/// <example>
/// <code>
/// HubId id = HubId.Parse("hf:owner/name@v1.0/style");
/// Console.WriteLine($"{id.Repository} {id.Revision} {id.Folder}");   // owner/name v1.0 style
/// </code>
/// </example>
public sealed partial record HubId(string Repository, string Revision, string Folder)
{
    private const string IdPart = "(?<id>[A-Za-z0-9][A-Za-z0-9_.-]{0,95}/[A-Za-z0-9][A-Za-z0-9_.-]{0,95})";
    private const string Prefix = "hf:";

    /// <summary>The revision where none is given.</summary>
    public const string DefaultRevision = "main";

    /// <summary>What the adapter is called: its folder, else the repository, without its owner.</summary>
    public string Name => Folder.Length > 0 ? Folder[(Folder.LastIndexOf('/') + 1)..] : Repository[(Repository.IndexOf('/', StringComparison.Ordinal) + 1)..];

    /// <summary>Whether a path is an id, and not that of a file or folder of this name.</summary>
    public static bool IsId(string path) => Parse(path) is not null;

    /// <summary>
    /// Reads an id; <c>hf://</c> and the address of a page of a model are ids too. A revision ends at the next slash, but for those of pull requests
    /// (<c>refs/pr/1</c>); a slash in another is written %2F.
    /// </summary>
    /// <returns>The id, or <see langword="null"/> where the text is none, or names something on the disk.</returns>
    public static HubId? Parse(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Match match = Id().Match(path);
        if (!match.Success || Path.Exists(path))
        {
            return null;
        }

        string revision = match.Groups["revision"].Success ? Uri.UnescapeDataString(match.Groups["revision"].Value) : DefaultRevision;
        string folder = match.Groups["folder"].Value.Trim('/');
        return IsPlain(revision) && (folder.Length == 0 || IsPlain(folder)) ? new HubId(match.Groups["id"].Value, revision, folder) : null;
    }

    /// <summary>What to add to a message about a path that is not there; empty where it has no form of an id.</summary>
    internal static string Hint(string path) => Bare().Match(path) is { Success: true }
        ? $" It has the form of an id of the Hugging Face hub: {Prefix}{path.TrimEnd('/')} reads it from there."
        : string.Empty;

    /// <inheritdoc />
    public override string ToString() =>
        $"{Prefix}{Repository}{(Revision == DefaultRevision ? string.Empty : $"@{Uri.EscapeDataString(Revision)}")}"
        + (Folder.Length == 0 ? string.Empty : $"/{Folder}");

    /// <summary>Whether a path from elsewhere stays where it is joined to.</summary>
    internal static bool IsPlain(string path) =>
        path.Length is > 0 and <= 1024 && !path.Any(char.IsControl) && !path.Contains('\\') && !path.Contains(':')
            && path.Split('/').All(part => part is not ("" or "." or ".."));

    [GeneratedRegex(
        @"\Ahf:(//)?" + IdPart + @"(@(?<revision>refs/(pr|convert)/[A-Za-z0-9_.-]+|[A-Za-z0-9_.%+-]+))?(?<folder>(/[^/]+)*)/?\z"
        + @"|\Ahttps://huggingface\.co/" + IdPart + @"(/tree/(?<revision>[A-Za-z0-9_.%+-]+)(?<folder>(/[^/]+)*))?/?\z")]
    private static partial Regex Id();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,95}/[A-Za-z0-9][A-Za-z0-9_.-]{0,95}(@[A-Za-z0-9_./-]+)?/?\z")]
    private static partial Regex Bare();
}
