namespace Transfuse.Cli;

/// <summary>"Did you mean": the known word that a mistyped one is nearest to.</summary>
internal static class NearMiss
{
    // Longer than any word that is known.
    private const int LongestWord = 40;

    /// <summary>What to add to a message: empty where no word is near, which is at most a third of its letters away.</summary>
    public static string Of(string word, IEnumerable<string> known)
    {
        if (word.Length > LongestWord)
        {
            return string.Empty;
        }

        string wanted = word.ToLowerInvariant();
        (string Word, int Distance)[] near =
        [
            .. known.Select(candidate => (Word: candidate, Distance: Distance(wanted, candidate.ToLowerInvariant())))
                .Where(candidate => candidate.Distance <= Math.Max(1, candidate.Word.TrimStart('-').Length / 3))
                .OrderBy(candidate => candidate.Distance).ThenBy(candidate => candidate.Word, StringComparer.Ordinal),
        ];
        return near is [var best, ..] ? $"; did you mean '{best.Word}'?" : string.Empty;
    }

    // Letters put in, taken away, replaced, or swapped with their neighbour.
    private static int Distance(string left, string right)
    {
        int[,] rows = new int[left.Length + 1, right.Length + 1];
        for (int i = 0; i <= left.Length; i++)
        {
            for (int j = 0; j <= right.Length; j++)
            {
                rows[i, j] = i == 0 || j == 0
                    ? i + j
                    : Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, rows[i - 1, j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[left.Length, right.Length];
    }
}
