using System.Text.RegularExpressions;

namespace Transfuse.Conversion.Sources;

/// <summary>Ids of the Hugging Face hub, recognised where only local folders are read.</summary>
internal static partial class HubIds
{
    /// <summary>What to add to a message about a path that is not there; empty where it has no form of an id.</summary>
    public static string Hint(string path) => Id().Match(path) is { Success: true } id
        ? $" It has the form of an id of the Hugging Face hub, but only local folders are read; download it first: hf download {id.Groups["id"].Value} --local-dir DIR"
        : string.Empty;

    [GeneratedRegex(@"\A(hf:|hf://|https://huggingface\.co/)?(?<id>[A-Za-z0-9][A-Za-z0-9_.-]{0,95}/[A-Za-z0-9][A-Za-z0-9_.-]{0,95})(@[A-Za-z0-9_./-]+)?/?\z")]
    private static partial Regex Id();
}
