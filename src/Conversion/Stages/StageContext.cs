using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Verification;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Stages;

/// <summary>What all stages of one run share.</summary>
/// <param name="Profile">The target.</param>
/// <param name="Base">The base model, if given.</param>
/// <param name="Options">What the caller decided.</param>
/// <param name="Log">Receives findings.</param>
/// <param name="CancellationToken">Ends the run.</param>
internal sealed record StageContext(TargetProfile Profile, BaseModel? Base, ConversionOptions Options, FindingLog Log, CancellationToken CancellationToken)
{
    /// <summary>How adapters are compared.</summary>
    public ComparisonOptions ComparisonOptions => Options.Comparison with { MaxDegreeOfParallelism = Options.MaxDegreeOfParallelism };

    /// <summary>The architecture that the caller or the base names, if the table has it; <c>identity</c> names none.</summary>
    public Architecture? NamedArchitecture => Options.ModelType is { } name ? ArchitectureTable.Default.Find(name) : Base?.Config.Architecture;
}
