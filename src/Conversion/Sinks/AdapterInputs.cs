using System.Collections.Immutable;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Sources;

namespace Transfuse.Conversion.Sinks;

/// <summary>What an output is made of, for a sink on the same disk: it must not take that away, and its permissions follow it.</summary>
/// <seealso cref="Transfuse.Conversion.Sinks.IAdapterSink" />
public sealed record AdapterInputs
{
    /// <summary>Folders of the adapters that are read. The output may be one of them, but not hold one. Default: none.</summary>
    public ImmutableArray<string> Sources { get; init; } = [];

    /// <summary>Folders that stay as they are, such as the base model's: the output may neither be one nor hold one. Default: none.</summary>
    public ImmutableArray<string> Kept { get; init; } = [];

    /// <summary>What users may do with the adapter's folder. Default: nothing tells.</summary>
    public UnixFileMode? Permissions { get; init; }

    /// <summary>Those of a run.</summary>
    internal static AdapterInputs Of(IAdapterSource source, BaseModel? model)
    {
        string? folder = (source as FolderAdapterSource)?.Folder;
        return new AdapterInputs
        {
            Sources = folder is null ? [] : [folder],
            Kept = model is null ? [] : [model.Folder],
            Permissions = folder is null ? null : Formats.Files.FileStatus.OfTarget(folder).Permissions,
        };
    }
}
