using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Fit;

/// <summary>
/// How much larger an adapter may become by what is filled with zeros: ranks padded to the largest, experts that the adapter leaves out. A config of a
/// few bytes can ask for any amount. Sizes are known before a byte of a tensor is read.
/// </summary>
internal static class GrowthLimit
{
    /// <summary>Factors up to this size, in bytes, may come from adapters of any size.</summary>
    public const long AlwaysAllowed = 64 << 20;

    /// <summary>What is so many times as large is named, from a quarter of <see cref="AlwaysAllowed"/> on.</summary>
    private const int Named = 4;

    /// <summary>Refuses factors that are beyond the limit.</summary>
    /// <param name="before">The size of the factors, in bytes.</param>
    /// <param name="after">Their size with what is filled in.</param>
    /// <param name="subject">What grows.</param>
    /// <param name="run">The run, whose options have the limit.</param>
    /// <returns>Whether they are within it; if not, an error is in the log.</returns>
    public static bool Allows(double before, double after, string subject, Run run)
    {
        if (after <= AlwaysAllowed || after <= before * run.Options.MaxGrowth)
        {
            return true;
        }

        double needed = Math.Ceiling(after / Math.Max(before, 1));
        string way = needed <= int.MaxValue ? FormattableString.Invariant($"--max-growth {needed:F0} allows it") : "no option allows it";
        string message = $"{Sizes(before, after)}, and the limit is {run.Options.MaxGrowth} times; {way}";
        run.Log.Add(TargetCodes.GrowthBeyondLimit.At(subject, message));
        return false;
    }

    /// <summary>Names factors that became much larger.</summary>
    public static void Report(double before, double after, string subject, Run run)
    {
        if (after >= AlwaysAllowed / 4 && after >= before * Named)
        {
            run.Log.Add(TargetCodes.GrownMuch.At(subject, Sizes(before, after)));
        }
    }

    /// <summary>The size of all factors, in bytes. A sum of sizes may be beyond a 64-bit integer.</summary>
    public static double BytesOf(IEnumerable<AdapterModule> modules) => modules.Sum(module => (double)module.A.ByteLength + module.B.ByteLength);

    private static string Sizes(double before, double after) => FormattableString.Invariant(
        $"{Mebibytes(before)} of factors become {Mebibytes(after)} with the zeros that fill ranks and experts, {after / Math.Max(before, 1):F1} times as much");

    private static string Mebibytes(double bytes) => FormattableString.Invariant($"{bytes / (1 << 20):F1} MiB");
}
