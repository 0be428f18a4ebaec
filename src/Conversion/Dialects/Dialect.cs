using System.Collections.Immutable;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Dialects;

/// <summary>
/// One family of adapter folders: how they are told, read to the neutral adapter, written from it and mended. All that differs between dialects is asked here;
/// a new one is a class in a folder of its own and an entry in <see cref="DialectRegistry"/>.
/// </summary>
internal abstract class Dialect
{
    /// <summary>What it is called.</summary>
    public abstract AdapterDialect Id { get; }

    /// <summary>Whose names its modules have.</summary>
    public abstract ModelLayout Layout { get; }

    /// <summary>The names of its weights files, in the order in which its loaders look for them.</summary>
    public abstract ImmutableArray<string> WeightsFiles { get; }

    /// <summary>What its own program accepts: the reader of a folder of which nothing else is known.</summary>
    public abstract TargetProfile Reader { get; }

    /// <summary>How its program lays a config out.</summary>
    public abstract PythonJsonStyle ConfigStyle { get; }

    /// <summary>Whether its programs read float64.</summary>
    public virtual bool ReadsDouble => true;

    /// <summary>Whether its programs multiply by the scale in the dtype of the factors, where that is float16.</summary>
    public virtual bool ScalesInHalf => false;

    /// <summary>Whether a file that is named so is one of its weights.</summary>
    public virtual bool HasFile(string fileName) => WeightsFiles.Contains(fileName);

    /// <summary>Whether a config is one of its own.</summary>
    public abstract Claim Judge(JsonObject config);

    /// <summary>Whether a tensor's name is one that only this dialect has.</summary>
    public abstract bool HasTensor(string name);

    /// <summary>
    /// Whether a tensor's name is that of an adapter's, be it of a method that other programs have too. Default: see <see cref="HasTensor"/>.
    /// </summary>
    public virtual bool HasFactor(string name) => HasTensor(name);

    /// <summary>
    /// Whether a config field is read into the neutral adapter, or without meaning where it has its default, so that it is not lost when it stays behind.
    /// </summary>
    public abstract bool Understands(string field);

    /// <summary>Which module paths a config means; none where it cannot be told.</summary>
    public abstract Func<string, bool> Reach(JsonObject config);

    /// <summary>The settings by which an adapter's tensors mean something else than they do without them, by field, as JSON.</summary>
    public virtual IReadOnlyDictionary<string, string> Settings(Adapter adapter) => ImmutableDictionary<string, string>.Empty;

    /// <summary>Begins to read: looks at the config, not yet at the tensors.</summary>
    /// <returns>The reading, or <see langword="null"/> with an error in the log.</returns>
    public abstract DialectReading? Read(AdapterContent content, ReadOptions options, FindingLog log);

    /// <summary>How to open a weights file of a form that only this dialect has; <see langword="null"/> where its ending tells. Default: it does.</summary>
    public virtual Func<IByteSource, ITensorContainer>? OpenerOf(string fileName) => null;

    /// <summary>Lays out the files of an adapter that already fits the target.</summary>
    public abstract OutputFolder Write(Adapter adapter, WriteContext context, FindingLog log);

    /// <summary>Writes the weights file of a folder that was laid out. Default: as safetensors.</summary>
    public virtual void WriteWeights(OutputFolder output, IByteSink sink, int maxDegreeOfParallelism, CancellationToken cancellationToken) =>
        SafetensorsWriter.Write(
        sink, output.Tensors, output.Metadata, new SafetensorsWriterOptions { MaxDegreeOfParallelism = maxDegreeOfParallelism }, cancellationToken);

    /// <summary>Begins to mend a folder. Default: it is written anew.</summary>
    /// <returns>The mending, or <see langword="null"/> with an error in the log.</returns>
    public virtual FolderMending? Mend(AdapterContent content, ReadOptions options, FindingLog log) => new RewrittenFolder(this, content, options);
}
