namespace Transfuse.Apply.Backends;

/// <summary>
/// A matrix of a model, (out, in), or a stack of them, (E, out, in), as a backend holds it: on a file, in memory, or on a device.
/// Only the backend that opened it can use it.
/// </summary>
/// <param name="source">Where it comes from.</param>
/// <seealso cref="Transfuse.Apply.Backends.ITensorBackend" />
public abstract class BackendWeight(WeightSource source) : IDisposable
{
    /// <summary>Where it comes from.</summary>
    public WeightSource Source { get; } = source;

    /// <summary>Number of stacked matrices; 1 where it is a single one.</summary>
    public int Experts => Source.Experts;

    /// <summary>Rows of each matrix.</summary>
    public int Rows => Source.Rows;

    /// <summary>Columns of each matrix, counted unpacked.</summary>
    public int Columns => Source.Columns;

    /// <summary>Frees what the backend keeps of it. It can still be used, and is then read again.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the backend keeps of it; nothing where that is nothing.</summary>
    protected virtual void Free()
    {
    }
}
