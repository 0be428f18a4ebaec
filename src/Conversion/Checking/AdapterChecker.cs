using System.Collections.Immutable;
using Transfuse.Conversion.Readers;
using Transfuse.Conversion.Sources;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Checking;

/// <summary>
/// Reads a folder as a reader would, and says whether it loads, loads wrongly, or fails. Reads configs and headers; values only to compare saved base weights.
/// Changes nothing.
/// </summary>
/// <example>
/// <code>
/// CheckResult result = await AdapterChecker.CheckAsync(source, TargetProfile.Vllm, new CheckOptions { MaxLoraRank = 64 }, cancellationToken);
/// if (result.Verdict != CheckVerdict.Loads)
/// {
///     Console.WriteLine(string.Join('\n', result.Findings));
/// }
/// </code>
/// </example>
public static class AdapterChecker
{
    /// <summary>Checks one adapter for one reader.</summary>
    /// <param name="source">The files; the caller keeps and disposes it.</param>
    /// <param name="reader">One of <see cref="TargetProfile.All"/>.</param>
    /// <param name="options">What the caller tells. Default: <see cref="CheckOptions.Default"/>.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="ArgumentException">The profile is an intersection or otherwise none of <see cref="TargetProfile.All"/>.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static CheckResult Check(IAdapterSource source, TargetProfile reader, CheckOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(reader);
        return CheckAll(source, [reader], options, cancellationToken)[0];
    }

    /// <summary>Checks one adapter for several readers. Each file is read once.</summary>
    /// <param name="source">The files; the caller keeps and disposes it.</param>
    /// <param name="readers">Any of <see cref="TargetProfile.All"/>.</param>
    /// <param name="options">What the caller tells. Default: <see cref="CheckOptions.Default"/>.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>One result for each reader, in their order.</returns>
    /// <exception cref="ArgumentException">A profile is an intersection or otherwise none of <see cref="TargetProfile.All"/>.</exception>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static ImmutableArray<CheckResult> CheckAll(
        IAdapterSource source, IReadOnlyList<TargetProfile> readers, CheckOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(readers);
        return CheckAll(source, [.. readers.Select(ReaderRegistry.Default.Of)], options ?? CheckOptions.Default, cancellationToken);
    }

    internal static ImmutableArray<CheckResult> CheckAll(
        IAdapterSource source, ImmutableArray<Reader> readers, CheckOptions options, CancellationToken cancellationToken)
    {
        var terms = new ReaderTerms(options.Base, options.ModelType, options.MaxLoraRank, options.LooksAtValues);
        (IAdapterSource? chosen, ImmutableArray<Finding> findings) = SourceFiles.Choose(source, options.AdapterName);
        using CheckedFiles? files = chosen is null ? null : new CheckedFiles(chosen, options.Base);
        return [.. readers.Select(Check)];

        CheckResult Check(Reader reader)
        {
            ImmutableArray<Finding> told = findings;
            if (files is not null)
            {
                var context = new CheckContext(files, reader, terms, cancellationToken);
                if (chosen != source && options.AdapterName is null)
                {
                    // No reader looks into sub-folders by itself.
                    context.Report(
                        CheckCodes.ConfigMissing, AdapterFiles.Config,
                        $"FileNotFoundError: the folder itself has none; the adapter is in the sub-folder {Path.GetFileName(chosen!.Name)}, which would have "
                        + "to be given");
                }

                reader.Check(context);
                told = FindingLog.Sort([.. findings, .. context.Findings]);
            }

            return new CheckResult(reader.Name, VerdictOf(told), told);
        }
    }

    /// <summary>Checks on a worker thread; the work itself is synchronous. See <see cref="Check"/>.</summary>
    public static Task<CheckResult> CheckAsync(
        IAdapterSource source, TargetProfile reader, CheckOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => Check(source, reader, options, cancellationToken), cancellationToken);

    private static CheckVerdict VerdictOf(ImmutableArray<Finding> findings)
    {
        Finding[] errors = [.. findings.Where(finding => finding.Severity == Severity.Error)];
        return errors is [] ? CheckVerdict.Loads
            : Array.Exists(errors, finding => finding.Code != ContainerCodes.BeyondLimit && !CheckCodes.Silent.Contains(finding.Code)) ? CheckVerdict.Fails
            : Array.Exists(errors, finding => finding.Code == ContainerCodes.BeyondLimit) ? CheckVerdict.NotJudged
            : CheckVerdict.LoadsWrongly;
    }
}
