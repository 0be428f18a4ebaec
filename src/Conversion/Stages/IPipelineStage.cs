namespace Transfuse.Conversion.Stages;

/// <summary>One part of a conversion. It changes the state that it is given; an error in the log ends the run after it.</summary>
public interface IPipelineStage
{
    /// <summary>What it is called, such as <c>Infer</c>; one of its kind in a pipeline.</summary>
    string Name { get; }

    /// <summary>Does the work.</summary>
    /// <param name="state">What the stages before made.</param>
    /// <exception cref="IOException">The operating system failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    void Run(PipelineState state);
}
