using System.Collections.Immutable;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Sources.Faults;

/// <summary>What was tried again, and why. Safe for concurrent use.</summary>
/// <example>
/// <code>
/// var retries = new RetryLog();
/// using IAdapterSource folder = AdapterSource.Open("adapters/llama", retries);
/// AdapterReading reading = await AdapterReader.ReadAsync(folder);
/// Console.WriteLine(retries.Count);
/// </code>
/// </example>
public sealed class RetryLog
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<(string Subject, string Reason), int> _retries = [];

    /// <summary>How often anything was tried again.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _retries.Values.Sum();
            }
        }
    }

    /// <summary>Notes one repetition.</summary>
    /// <param name="subject">The file or address.</param>
    /// <param name="reason">What had failed.</param>
    public void Add(string subject, string reason)
    {
        lock (_gate)
        {
            _retries[(subject, reason)] = _retries.GetValueOrDefault((subject, reason)) + 1;
        }
    }

    /// <summary>One finding for each file and reason.</summary>
    public ImmutableArray<Finding> ToFindings()
    {
        lock (_gate)
        {
            return [.. _retries.Select(retry => BatchCodes.Retried.At(retry.Key.Subject, $"was tried again{Times(retry.Value)}: {retry.Key.Reason}"))];
        }
    }

    private static string Times(int count) => count == 1 ? string.Empty : $" {count} times";
}
