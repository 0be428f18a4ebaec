namespace Transfuse.Conversion.Batch;

/// <summary>Tells outcomes in the order of the inputs, whichever came first.</summary>
/// <param name="tell">Takes them, one at a time.</param>
internal sealed class OutcomeOrder(Action<BatchOutcome> tell)
{
    private readonly Dictionary<int, BatchOutcome> _early = [];
    private int _next;

    /// <summary>Takes an outcome, and tells those whose turn it is.</summary>
    /// <returns>How many were told so far.</returns>
    public int Add(int index, BatchOutcome outcome)
    {
        _early.Add(index, outcome);
        while (_early.Remove(_next, out BatchOutcome? due))
        {
            tell(due);
            _next++;
        }

        return _next;
    }

    /// <summary>Tells the rest, where some before them were never come to.</summary>
    public void Finish()
    {
        foreach (int index in _early.Keys.Order().ToArray())
        {
            tell(_early[index]);
        }

        _early.Clear();
    }
}
