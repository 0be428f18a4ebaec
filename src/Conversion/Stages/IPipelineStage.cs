namespace Transfuse.Conversion.Stages;

/// <summary>One part of a conversion. It changes the state that it is given; an error in the log ends the run after it.</summary>
/// <example>
/// <code>
/// sealed class Without(string part) : IPipelineStage
/// {
///     public string Name =&gt; "Without";
///
///     public void Run(PipelineState state)
///     {
///         Adapter adapter = state.Adapter!;
///         state.Adapter = adapter with { Modules = [.. adapter.Modules.Where(module =&gt; !module.FullPath.Contains(part, StringComparison.Ordinal))] };
///     }
/// }
/// </code>
/// </example>
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
