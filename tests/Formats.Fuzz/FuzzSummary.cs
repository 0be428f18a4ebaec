using System.Globalization;
using System.Text;

namespace Transfuse.Formats.Fuzz;

/// <summary>What became of the cases.</summary>
public sealed class FuzzSummary
{
    private readonly SortedDictionary<string, int> _causes = new(StringComparer.Ordinal);
    private TimeSpan _slowest;
    private double _hungriest;

    /// <summary>Cases that were read and found right.</summary>
    public int Read { get; private set; }

    /// <summary>Cases that were refused with a cause.</summary>
    public int Refused { get; private set; }

    /// <summary>Refusals by cause.</summary>
    public IReadOnlyDictionary<string, int> Causes => _causes;

    /// <inheritdoc />
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{Read + Refused} files: {Read} read and right, {Refused} refused with a cause; slowest {_slowest.TotalMilliseconds:f1} ms, at most "
            + $"{_hungriest:p0} of the allocation limit");
        foreach ((string cause, int count) in _causes)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {count,8}  {cause}");
        }

        return text.ToString();
    }

    internal void Add(string? cause, TimeSpan elapsed, long allocated, long fileLength)
    {
        _slowest = elapsed > _slowest ? elapsed : _slowest;
        _hungriest = Math.Max(_hungriest, (double)allocated / FuzzRunner.AllocationLimit(fileLength));
        if (cause is null)
        {
            Read++;
        }
        else
        {
            Refused++;
            _causes[cause] = _causes.GetValueOrDefault(cause) + 1;
        }
    }
}
