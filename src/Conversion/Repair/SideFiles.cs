using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Sources;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Repair;

/// <summary>The files beside an adapter, such as tokenizers and model cards, which go with it.</summary>
internal static class SideFiles
{
    /// <summary>
    /// The files of the source that the output does not write itself, and that are not the archive which it replaces. What is no file of the folder is named
    /// and left out.
    /// </summary>
    public static Judged<ImmutableArray<CopiedFile>> Of(AdapterContent content, IReadOnlyCollection<string> written)
    {
        var leftOut = ImmutableArray.CreateBuilder<Finding>();
        var files = ImmutableArray.CreateBuilder<CopiedFile>();
        foreach (string name in content.Source.FileNames.Where(name => !written.Contains(name) && name != AdapterFiles.Config && !IsReplaced(name, content)))
        {
            if (content.Source.WhyLeftOut(name) is { } why)
            {
                leftOut.Add(TargetCodes.SideFileLeftOut.At(Path.Combine(content.Source.Name, name), why));
            }
            else
            {
                files.Add(new CopiedFile(content.Source, name, name) { IsBeside = true });
            }
        }

        return new(files.ToImmutable(), leftOut.ToImmutable());
    }

    /// <summary>
    /// Whether a file is the weights file that the output replaces. A numbered checkpoint stays beside the file that was made of it; an archive or a file of
    /// another name does not.
    /// </summary>
    public static bool IsReplaced(string name, AdapterContent content) => name == content.WeightsFile && !AdapterFiles.IsNumberedCheckpoint(name);
}
