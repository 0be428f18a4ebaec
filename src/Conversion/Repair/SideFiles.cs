using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;

namespace Transfuse.Conversion.Repair;

/// <summary>The files beside an adapter, such as tokenizers and model cards, which go with it.</summary>
internal static class SideFiles
{
    /// <summary>The files of the source that the output does not write itself, and that are not the archive which it replaces.</summary>
    public static ImmutableArray<CopiedFile> Of(AdapterContent content, IReadOnlyCollection<string> written) =>
    [
        .. content.Source.FileNames
            .Where(name => !written.Contains(name) && name != AdapterFiles.Config && !InPlaceAdapterSink.IsTemporary(name) && !IsReplaced(name, content))
            .Select(name => new CopiedFile(content.Source, name, name)),
    ];

    /// <summary>Whether a file is the weights file that the output replaces. A numbered checkpoint stays beside the file that was made of it; an archive or a file of another name does not.</summary>
    public static bool IsReplaced(string name, AdapterContent content) => name == content.WeightsFile && !AdapterFiles.IsNumberedCheckpoint(name);
}
