using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Readers;
using Transfuse.Conversion.Verification;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages;

/// <summary>What all parts of one run share, whatever the verb.</summary>
/// <param name="Options">What the caller decided.</param>
/// <param name="Log">Receives findings.</param>
/// <param name="CancellationToken">Ends the run.</param>
internal sealed record Run(ConversionOptions Options, FindingLog Log, CancellationToken CancellationToken)
{
    // The spelling of most models; those in the table of architectures have their own.
    private const string LayersField = "num_hidden_layers";

    /// <summary>The dialects that are known.</summary>
    public DialectRegistry Dialects { get; init; } = DialectRegistry.Default;

    /// <summary>The readers that are known.</summary>
    public ReaderRegistry Readers { get; init; } = ReaderRegistry.Default;

    /// <summary>Does work with a log of its own: what it finds is for the caller to tell, or not.</summary>
    public Judged<T> Judge<T>(Func<Run, T> work) => Judgement.Of(log => work(this with { Log = log }), Options.Allowed);

    /// <summary>The base model, if given.</summary>
    public BaseModel? Base => Options.Base;

    /// <summary>How adapters are compared.</summary>
    public ComparisonOptions ComparisonOptions => Options.Comparison with { MaxDegreeOfParallelism = Options.MaxDegreeOfParallelism };

    /// <summary>The architecture that the caller or the base names, if the table has it; <c>identity</c> names none.</summary>
    public Architecture? NamedArchitecture { get; } = Options.ModelType is { } name ? ArchitectureTable.Default.Find(name) : Options.Base?.Config.Architecture;

    /// <summary>The base's number of layers, or <see langword="null"/> where there is no base or its config does not say.</summary>
    public int? BaseLayers
    {
        get
        {
            if (Base?.Config is not { } config)
            {
                return null;
            }

            Architecture? architecture = Options.ModelType is null or ArchitectureTable.Identity ? config.Architecture : NamedArchitecture;
            return (architecture is null ? config.GetInteger(LayersField) : config.LayerCount(architecture)) is { } count and > 0 and < int.MaxValue
                ? (int)count : null;
        }
    }

    /// <summary>The base's number of experts, or <see langword="null"/> where there is no base, its architecture is not known, or it has none.</summary>
    public long? BaseExperts => NamedArchitecture is { } architecture ? Base?.Config.ExpertCount(architecture) : null;
}
