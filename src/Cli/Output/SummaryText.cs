using System.Globalization;
using System.Text;
using Transfuse.Cli.Commands;
using Transfuse.Conversion.Batch;
using Transfuse.Formats.Json;
using Transfuse.Formats.Text;
using Transfuse.Metadata.Findings;

namespace Transfuse.Cli.Output;

/// <summary>What came of many inputs: a table, a line, and JSON.</summary>
internal static class SummaryText
{
    /// <summary>The table: what was done how often, and what was refused by code.</summary>
    public static string Render(BatchSummary summary)
    {
        List<(string Name, int Count, string Meaning)> rows = [.. summary.Done.Select(done => (done.Key, done.Value, string.Empty))];
        Add(rows, "skipped", summary.Skipped, "done before and unchanged");
        Add(rows, "refused", summary.Refused.Values.Sum(), string.Empty);
        rows.AddRange(summary.Refused.Select(code => ($"  {code.Key}", code.Value, FindingCodes.Find(code.Key)?.Cause ?? string.Empty)));
        Add(rows, "failed", summary.Failed, "could not be read or written");
        Add(rows, "not run", summary.NotRun, string.Empty);
        Add(rows, "tried again", summary.Retries, "reads, writes and downloads that failed for a moment");
        int names = rows.Select(row => row.Name.Length).DefaultIfEmpty(0).Max(), counts = rows.Select(row => Number(row.Count).Length).DefaultIfEmpty(0).Max();
        var text = new StringBuilder();
        foreach ((string name, int count, string meaning) in rows)
        {
            text.Append($"{name.PadRight(names)}  {Number(count).PadLeft(counts)}  {meaning}".TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>One line about all.</summary>
    public static string Line(BatchSummary summary, FailureList failed)
    {
        int ended = summary.Inputs - summary.NotRun;
        string skipped = summary.Skipped == 0 ? string.Empty : $" ({summary.Skipped} of them before)";
        string rest = summary.NotRun == 0 ? string.Empty : $", {summary.NotRun} not run";
        string names = failed.First is { } first ? $": {PrintableText.OneLine(first)}{(failed.Count > 1 ? $" and {failed.Count - 1} more" : string.Empty)}"
            : string.Empty;
        return $"{summary.Inputs} inputs: {ended - failed.Count} succeeded{skipped}{rest}, {failed.Count} failed{names}";
    }

    /// <summary>The counts for a report.</summary>
    public static JsonObject ToJson(BatchSummary summary) => new(
    [
        new("inputs", JsonNumber.Of(summary.Inputs)),
        new("done", Counts(summary.Done)),
        new("skipped", JsonNumber.Of(summary.Skipped)),
        new("refused", Counts(summary.Refused)),
        new("failed", JsonNumber.Of(summary.Failed)),
        new("not_run", JsonNumber.Of(summary.NotRun)),
        new("retries", JsonNumber.Of(summary.Retries)),
        new("bytes", JsonNumber.Of(summary.Bytes)),
        new("seconds", JsonNumber.Of(Math.Round(summary.Elapsed.TotalSeconds, 3))),
    ]);

    /// <summary>An input's part of a report.</summary>
    public static JsonObject ToJson(BatchOutcome outcome, CommandOutcome told) => new(
    [
        new("input", new JsonString(outcome.Input.Path)),
        new("succeeded", JsonBoolean.Of(told.Succeeded)),
        .. outcome.IsSkipped ? [new("skipped", JsonBoolean.Of(true))] : Array.Empty<KeyValuePair<string, JsonValue>>(),
        .. outcome.Failure is null ? Array.Empty<KeyValuePair<string, JsonValue>>() : [new("failure", new JsonString(outcome.Failure))],
        new("findings", ReportJson.Findings(outcome.Findings)),
        .. told.Members,
    ]);

    /// <summary>A number of bytes as people say it.</summary>
    public static string Bytes(double bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB"];
        int unit = 0;
        for (; bytes >= 1000 && unit < units.Length - 1; unit++)
        {
            bytes /= 1000;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{(unit == 0 ? Math.Round(bytes) : Math.Round(bytes, 1))} {units[unit]}");
    }

    private static void Add(List<(string Name, int Count, string Meaning)> rows, string name, int count, string meaning)
    {
        if (count > 0)
        {
            rows.Add((name, count, meaning));
        }
    }

    private static string Number(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static JsonObject Counts(IEnumerable<KeyValuePair<string, int>> counts) =>
        new([.. counts.Select(count => new KeyValuePair<string, JsonValue>(count.Key, JsonNumber.Of(count.Value)))]);
}
