using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Dialects;

/// <summary>
/// A folder while it is mended within its dialect: what only the dialect knows. Reading the adapter, holding it before its base, common ranks and dtypes are
/// alike for all dialects, and the repair does them between these steps.
/// </summary>
internal abstract class FolderMending
{
    /// <summary>The content as it is to be read: fields are mended without which the config could not be.</summary>
    public abstract AdapterContent Readable { get; }

    /// <summary>The program that the folder is for, or <see langword="null"/> with an error in the log where what was read cannot be mended.</summary>
    public abstract TargetProfile? ReaderOf(Adapter adapter, FindingLog log);

    /// <summary>Whether a tensor that equals the base's may be left out. Default: it may.</summary>
    public virtual bool MayGo(OtherTensor tensor) => true;

    /// <summary>Whether the reader has a place for a tensor that is no factor; what has none is refused by name.</summary>
    public abstract bool HasPlace(OtherTensor tensor, TargetProfile reader);

    /// <summary>Mends what does not fit the tensors. Default: nothing, or not before all is known.</summary>
    public virtual void Fit(Adapter adapter, FindingLog log)
    {
    }

    /// <summary>Lays out the mended folder.</summary>
    /// <param name="read">The adapter as it was read, without what was left out.</param>
    /// <param name="adapter">The adapter as it will be.</param>
    /// <param name="reader">The program that it is for.</param>
    /// <param name="log">Takes findings.</param>
    public abstract MendedFolder Complete(Adapter read, Adapter adapter, TargetProfile reader, FindingLog log);
}
