using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages;

/// <summary>A look at what a conversion is about to write, before anything is put in place.</summary>
/// <example>
/// <code>
/// sealed class AtMostRank(int rank) : IPipelineCheck
/// {
///     public void Run(Adapter source, Adapter written, FindingLog log, CancellationToken cancellationToken)
///     {
///         if (written.Modules.Any(module =&gt; module.Rank &gt; rank))
///         {
///             log.Add(TensorCodes.RankMismatch.At("rank", $"is above {rank}"));
///         }
///     }
/// }
/// </code>
/// </example>
public interface IPipelineCheck
{
    /// <summary>Compares; an error in the log means that nothing is written.</summary>
    /// <param name="source">The adapter as read, in MLX's layout.</param>
    /// <param name="output">What is about to be written, read back as a stranger would, in MLX's layout.</param>
    /// <param name="log">Takes the findings.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    void Run(Adapter source, Adapter output, FindingLog log, CancellationToken cancellationToken);
}
