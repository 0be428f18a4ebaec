using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Dialects;

/// <summary>The mending of a dialect that has none of its own: the folder as the dialect writes it.</summary>
/// <param name="dialect">The dialect.</param>
/// <param name="content">The folder.</param>
/// <param name="options">What is known beside it.</param>
internal sealed class RewrittenFolder(Dialect dialect, AdapterContent content, ReadOptions options) : FolderMending
{
    public override AdapterContent Readable => content;

    public override TargetProfile ReaderOf(Adapter adapter, FindingLog log) => dialect.Reader;

    public override bool HasPlace(OtherTensor tensor, TargetProfile reader) => true;

    public override MendedFolder Complete(Adapter read, Adapter adapter, TargetProfile reader, FindingLog log)
    {
        OutputFolder output = dialect.Write(adapter, new WriteContext(reader, options.BaseLayers ?? adapter.LayerCount, null, IsSameDialect: true), log);
        return new MendedFolder
        {
            Config = output.Config,
            Tensors = output.Tensors,
            WeightsFile = output.WeightsFile,
            KeptNames = dialect.WeightsFiles,
            Metadata = output.Metadata,
            Changes = dialect.HasFile(content.WeightsFile) ? []
                : [new RepairChange("weights file", content.WeightsFile, output.WeightsFile, "the name and form that its readers open")],
        };
    }
}
