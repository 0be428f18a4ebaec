using Transfuse.Conversion.Models.Bases;

namespace Transfuse.Cli.Commands;

/// <summary>Opens the base that <c>--base</c> names.</summary>
internal static class BaseModels
{
    /// <summary>The base, or <see langword="null"/> where none was given.</summary>
    public static BaseModel? Open(string? folder) => folder is null ? null : BaseModel.FromFolder(folder);
}
