using System.Globalization;

namespace Transfuse.Conversion.Batch.Shards;

/// <summary>One of several parts of a batch, each run by a process of its own.</summary>
/// <param name="Number">Which, from 1.</param>
/// <param name="Count">How many there are.</param>
/// <example>
/// <code>
/// IReadOnlyList&lt;BatchInput&gt; inputs = InputDiscovery.Find(["runs/**"]).Inputs;
/// IReadOnlyList&lt;BatchInput&gt; mine = ShardPlan.Of(inputs, new Shard(3, 8));
/// </code>
/// </example>
public readonly record struct Shard(int Number, int Count)
{
    // More than any scheduler starts.
    private const int MostShards = 1_000_000;

    /// <summary>Reads <c>I/N</c>, with I from 1 to N.</summary>
    /// <returns>The shard, or <see langword="null"/> where the text is none.</returns>
    public static Shard? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split('/') is [var number, var count] && Integer(number) is { } i && Integer(count) is { } n && i >= 1 && i <= n && n <= MostShards
            ? new Shard(i, n) : null;
    }

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}/{Count}");

    internal static int? Integer(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : null;
}
