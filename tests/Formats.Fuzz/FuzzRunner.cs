using System.Diagnostics;
using System.Globalization;
using Transfuse.Formats.Fuzz.Seeds;
using Transfuse.Formats.Tensors;

namespace Transfuse.Formats.Fuzz;

/// <summary>Runs cases one after the other and holds the reader to its promises.</summary>
/// <param name="target">What to run.</param>
/// <param name="seed">Cases are numbered; seed and number make a case again.</param>
public sealed class FuzzRunner(FuzzTarget target, int seed)
{
    /// <summary>A case that takes longer hangs.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(5);

    private long _caseStarted;
    private int _case;

    /// <summary>Bytes that reading a file may allocate beside the tensors themselves.</summary>
    public static long AllocationLimit(long fileLength) => (32 * fileLength) + (256 << 10);

    /// <summary>Number of the case under way, and how long it has run.</summary>
    public (int Number, TimeSpan Elapsed) Current => (Volatile.Read(ref _case), Stopwatch.GetElapsedTime(Interlocked.Read(ref _caseStarted)));

    /// <summary>Runs the cases.</summary>
    /// <exception cref="FuzzFailureException">A promise is broken; the message names seed and number.</exception>
    public FuzzSummary Run(int count)
    {
        var summary = new FuzzSummary();
        Interlocked.Exchange(ref _caseStarted, Stopwatch.GetTimestamp());

        // The first files pay for static tables and compiled code.
        for (int i = 0; i < 20; i++)
        {
            Read(Make(i).Bytes, [], out _, out _);
        }

        for (int i = 0; i < count; i++)
        {
            Volatile.Write(ref _case, i);
            Interlocked.Exchange(ref _caseStarted, Stopwatch.GetTimestamp());
            FuzzCase item = Make(i);
            try
            {
                Run(item, summary);
            }
            catch (FuzzFailureException exception)
            {
                string path = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"fuzz-{target.Name}-{seed}-{i}"));
                File.WriteAllBytes(path, item.Bytes);
                throw new FuzzFailureException($"{target.Name}, seed {seed}, case {i} ({path}): {exception.Message}", exception);
            }
        }

        return summary;
    }

    private FuzzCase Make(int number) => target.MakeCase(new Random(unchecked((seed * 1_000_003) + number)));

    private void Run(FuzzCase item, FuzzSummary summary)
    {
        var tensors = new List<ExpectedTensor>();
        string? cause = Read(item.Bytes, tensors, out TimeSpan elapsed, out long allocated);
        if (elapsed > TimeLimit)
        {
            throw new FuzzFailureException($"Reading took {elapsed.TotalSeconds:f1} seconds.");
        }

        if (allocated > AllocationLimit(item.Bytes.Length))
        {
            throw new FuzzFailureException($"Reading {item.Bytes.Length} bytes allocated {allocated}.");
        }

        if (cause is null)
        {
            item.Check(tensors);
        }
        else if (item.MustOpen)
        {
            throw new FuzzFailureException($"A valid file is refused: {cause}.");
        }

        summary.Add(cause, elapsed, allocated, item.Bytes.Length);
    }

    /// <summary>Reads all tensors; what holds them is not counted as allocated.</summary>
    /// <returns>The cause of a refusal.</returns>
    private string? Read(byte[] bytes, List<ExpectedTensor> tensors, out TimeSpan elapsed, out long allocated)
    {
        long started = Stopwatch.GetTimestamp();
        long before = GC.GetAllocatedBytesForCurrentThread();
        long own = 0;
        try
        {
            using ITensorContainer container = target.Open(bytes);
            foreach (NamedTensor tensor in container.Tensors)
            {
                own -= GC.GetAllocatedBytesForCurrentThread();
                tensors.Add(new ExpectedTensor(tensor.Name, tensor.Tensor.DType, [.. tensor.Tensor.Shape.Dimensions], new byte[tensor.Tensor.ByteLength]));
                tensors[^1].Bytes.AsSpan().Fill(0xa5);
                own += GC.GetAllocatedBytesForCurrentThread();
                tensor.Tensor.CopyTo(tensors[^1].Bytes);
            }

            return null;
        }
        catch (Exception exception) when (target.Cause(exception) is not null)
        {
            return target.Cause(exception);
        }
        catch (Exception exception) when (exception is not FuzzFailureException)
        {
            throw new FuzzFailureException($"An untyped exception: {exception}", exception);
        }
        finally
        {
            elapsed = Stopwatch.GetElapsedTime(started);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before - own;
        }
    }
}
