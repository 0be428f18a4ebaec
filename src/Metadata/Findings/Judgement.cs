namespace Transfuse.Metadata.Findings;

/// <summary>Makes <see cref="Judged{T}"/> of work that puts findings into a log.</summary>
internal static class Judgement
{
    /// <summary>What the work made, and what it found.</summary>
    /// <param name="work">The work.</param>
    /// <param name="allowed">Ids of codes whose loss is accepted. Default: none.</param>
    public static Judged<T> Of<T>(Func<FindingLog, T> work, IReadOnlySet<string>? allowed = null)
    {
        var log = new FindingLog(allowed);
        T value = work(log);
        return new Judged<T>(value, log.ToSorted());
    }
}
