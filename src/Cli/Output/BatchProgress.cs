using System.Diagnostics;
using System.Globalization;
using Transfuse.Conversion.Batch;

namespace Transfuse.Cli.Output;

/// <summary>How far a batch is.</summary>
/// <param name="inputs">Its inputs.</param>
internal sealed class BatchProgress(IReadOnlyList<BatchInput> inputs)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly long _totalBytes = inputs.Sum(input => input.Bytes);
    private int _done;
    private int _skipped;
    private long _bytes;
    private long _skippedBytes;

    public double Share => _totalBytes == 0 ? (double)_done / inputs.Count : (double)_bytes / _totalBytes;

    /// <summary>Counts one more.</summary>
    public void Add(BatchOutcome outcome)
    {
        _done++;
        _bytes += outcome.Input.Bytes;
        if (outcome.IsSkipped)
        {
            _skipped++;
            _skippedBytes += outcome.Input.Bytes;
        }
    }

    /// <summary>Adapters, bytes, rate and the time that is left, as one line.</summary>
    public string Describe()
    {
        double seconds = Math.Max(_clock.Elapsed.TotalSeconds, 1e-3), rate = (_done - _skipped) / seconds;
        long left = _totalBytes - _bytes;
        double byteRate = (_bytes - _skippedBytes) / seconds;
        string wait = byteRate <= 0 || left <= 0 ? string.Empty : $", {Time(left / byteRate)} left";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{_done} of {inputs.Count} adapters, {SummaryText.Bytes(_bytes)} of {SummaryText.Bytes(_totalBytes)}, {rate:F1} adapters/s, "
            + $"{SummaryText.Bytes(byteRate)}/s{wait}");
    }

    private static string Time(double seconds) => seconds < 90
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(seconds):F0} s")
        : seconds < 5400 ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:F0} min")
        : string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:F1} h");
}
