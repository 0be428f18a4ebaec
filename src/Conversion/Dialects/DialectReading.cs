using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion.Dialects;

/// <summary>
/// An adapter while it is read, part by part. It does not know what for: every tensor and every config field is used, carried or named in a finding, and what
/// matters to some verbs only they ask of it.
/// </summary>
internal abstract class DialectReading
{
    /// <summary>How many adapted modules the tensors were sorted to.</summary>
    public abstract int Modules { get; }

    /// <summary>Sorts the tensors: names become paths of modules, and the tensors of one module belong together. None is skipped.</summary>
    /// <returns>False with an error in the log where no adapter is left.</returns>
    public abstract bool RemapKeys(FindingLog log);

    /// <summary>Brings the factors into the canonical orientation. Default: they have it.</summary>
    public virtual void Transpose(FindingLog log)
    {
    }

    /// <summary>Finds rank, scale, dropout and kind of every module.</summary>
    /// <returns>
    /// The adapter, or <see langword="null"/> with an error in the log. With an error there may be an adapter too, of which the error's subject is not to be
    /// trusted.
    /// </returns>
    public abstract Adapter? Infer(FindingLog log);

    /// <summary>All parts in order: see <see cref="Infer"/>.</summary>
    public Adapter? Complete(FindingLog log)
    {
        if (!RemapKeys(log))
        {
            return null;
        }

        Transpose(log);
        return Infer(log);
    }

    /// <summary>What was answered that the config says itself. Known from the start.</summary>
    public virtual IEnumerable<Finding> Unasked(MlxGiven given) => [];

    /// <summary>What would change the adapter's meaning outside its dialect, whatever its tensors are. Known from the start.</summary>
    public virtual IEnumerable<Finding> Obstacles => [];

    /// <summary>What the folder around it says of it. Known from the start.</summary>
    public virtual IEnumerable<Finding> Surroundings => [];

    /// <summary>
    /// What may be meant in two ways outside the dialect; where the adapter stays, what may be meant stays with it. Known when all is inferred.
    /// </summary>
    public virtual IEnumerable<Finding> Doubts => [];

    /// <summary>What the config says that the file holds, and it does not. Known when all is inferred.</summary>
    /// <param name="stays">Whether the adapter stays where all of it has a place.</param>
    public virtual IEnumerable<Finding> Lacks(bool stays) => [];

    /// <summary>Whether its method is LoRA or becomes it. Known from the start.</summary>
    public virtual bool IsLowRank => true;

    /// <summary>The adapter as LoRA, where its method is another, or <see langword="null"/> with an error in the log. Default: it is LoRA.</summary>
    /// <param name="adapter">What was inferred.</param>
    /// <param name="options">What the caller decides about it.</param>
    /// <param name="log">Takes findings.</param>
    public virtual Adapter? AsLora(Adapter adapter, MethodOptions options, FindingLog log) => adapter;
}
