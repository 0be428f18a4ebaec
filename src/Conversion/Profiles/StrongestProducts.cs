using Transfuse.Formats.Numerics;

namespace Transfuse.Conversion.Profiles;

/// <summary>
/// Keeps the inner products of the modules that change most while all are measured, so that these need not be read again for their singular values. What does
/// not
/// fit is let go, the weakest first.
/// </summary>
/// <param name="most">How many modules are wanted.</param>
internal sealed class StrongestProducts(int most)
{
    private const long LargestBytes = 16 << 20;

    private readonly Lock _gate = new();
    private readonly PriorityQueue<int, double> _weakest = new();
    private readonly Dictionary<int, (Matrix A, Matrix B)> _kept = [];
    private long _bytes;

    /// <summary>Offers a module's products, from any thread.</summary>
    public void Offer(int module, double norm, Matrix a, Matrix b)
    {
        lock (_gate)
        {
            _kept.Add(module, (a, b));
            _weakest.Enqueue(module, norm);
            _bytes += SizeOf(a, b);
            while (_kept.Count > most || _bytes > LargestBytes)
            {
                _kept.Remove(_weakest.Dequeue(), out (Matrix A, Matrix B) gone);
                _bytes -= SizeOf(gone.A, gone.B);
            }
        }
    }

    /// <summary>A module's products, or <see langword="null"/> where they were let go.</summary>
    public (Matrix A, Matrix B)? Find(int module) => _kept.TryGetValue(module, out (Matrix A, Matrix B) products) ? products : null;

    private static long SizeOf(Matrix a, Matrix b) => (a.Values.LongLength + b.Values.LongLength) * sizeof(double);
}
