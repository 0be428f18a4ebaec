namespace Transfuse.Conversion.Batch;

/// <summary>Told how a batch goes on. Calls come one at a time.</summary>
/// <example>
/// <code>
/// sealed class Printer : IBatchObserver
/// {
///     public void Ended(BatchOutcome outcome) =&gt; Console.WriteLine($"{outcome.Input.Name}: {outcome.Verdict}");
/// }
/// </code>
/// </example>
public interface IBatchObserver
{
    /// <summary>An input is in work. In the order in which they begin.</summary>
    void Started(BatchInput input)
    {
    }

    /// <summary>An input is no longer in work. In the order in which they end.</summary>
    void Stopped(BatchInput input)
    {
    }

    /// <summary>What came of an input. In the order of the inputs, whichever ended first.</summary>
    void Ended(BatchOutcome outcome);
}
