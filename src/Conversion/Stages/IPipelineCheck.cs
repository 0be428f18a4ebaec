using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages;

/// <summary>A look at what a conversion is about to write, before anything is put in place.</summary>
public interface IPipelineCheck
{
    /// <summary>Compares; an error in the log means that nothing is written.</summary>
    /// <param name="source">The adapter as read, in MLX's layout.</param>
    /// <param name="output">What is about to be written, read back as a stranger would, in MLX's layout.</param>
    /// <param name="log">Takes the findings.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    void Run(Adapter source, Adapter output, FindingLog log, CancellationToken cancellationToken);
}
