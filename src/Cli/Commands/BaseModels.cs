using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Sources.Hub;

namespace Transfuse.Cli.Commands;

/// <summary>Opens the base that <c>--base</c> names.</summary>
internal static class BaseModels
{
    /// <summary>The base, or <see langword="null"/> where none was given. Of one on a hub no weights are brought.</summary>
    public static BaseModel? Open(string? path) => path is null ? null : HubId.Parse(path) is { } id ? BaseModel.FromHub(id) : BaseModel.FromFolder(path);

    /// <summary>The base with all its files on this disk, as running or merging it needs them.</summary>
    public static BaseModel OpenWhole(string path) => BaseModel.FromFolder(HubId.Parse(path) is { } id ? HubFolders.FromEnvironment.FetchModel(id) : path);
}
