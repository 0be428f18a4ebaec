using System.Globalization;
using System.Text.RegularExpressions;

namespace Transfuse.Apply.Fusing.Models;

/// <summary>The names of shards, which say how many there are: <c>model-00001-of-00003.safetensors</c>.</summary>
internal static partial class ShardName
{
    /// <summary>A shard that the names of the others promise and that is not there, or <see langword="null"/>.</summary>
    public static string? MissingOf(IReadOnlyCollection<string> present)
    {
        foreach (string name in present)
        {
            Match match = Pattern().Match(name);
            if (!match.Success || !int.TryParse(match.Groups[3].ValueSpan, CultureInfo.InvariantCulture, out int count) || present.Count >= count)
            {
                continue;
            }

            for (int number = 1; number <= count; number++)
            {
                string expected =
                    match.Groups[1].Value + number.ToString(CultureInfo.InvariantCulture).PadLeft(match.Groups[2].Length, '0')
                    + $"-of-{match.Groups[3].Value}.safetensors";
                if (!present.Contains(expected))
                {
                    return expected;
                }
            }
        }

        return null;
    }

    [GeneratedRegex(@"^(.*-)(\d{1,9})-of-(\d{1,9})\.safetensors\z")]
    private static partial Regex Pattern();
}
