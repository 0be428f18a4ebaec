namespace Transfuse.Apply.Backends.Managed;

/// <summary>A weight that stays in its file: rows are read, and expanded to float32, when they are needed. Safe for concurrent use.</summary>
internal sealed class ManagedWeight(WeightSource source) : BackendWeight(source)
{
    private readonly WeightRows _rows = new(source);

    /// <summary>Its rows, computed first where they cannot be read one by one.</summary>
    public WeightRows OpenRows() => _rows.IsStreamed ? _rows : _rows.InMemory();
}
