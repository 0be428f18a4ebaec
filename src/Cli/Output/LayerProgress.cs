namespace Transfuse.Cli.Output;

/// <summary>
/// Says how many layers of a model are done, ten times at most: a line for each would be too many, and one that is written over needs a terminal.
/// </summary>
/// <param name="error">Takes the lines.</param>
/// <param name="layers">How many there are.</param>
internal sealed class LayerProgress(TextWriter error, int layers) : IProgress<int>
{
    private int _tenths;

    /// <inheritdoc />
    public void Report(int value)
    {
        int tenths = value * 10 / layers;
        if (tenths > _tenths)
        {
            _tenths = tenths;
            error.WriteLine($"layer {value} of {layers}");
        }
    }
}
