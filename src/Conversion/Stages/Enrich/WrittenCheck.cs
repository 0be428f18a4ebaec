using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Models.Outlines;
using Transfuse.Conversion.Readers;
using Transfuse.Conversion.Stages.Fit.BaseChecks;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Stages.Enrich;

/// <summary>
/// Reads what is about to be written as the reader would that it is for. What that reader refuses stops the work, what it gets wrong without a word becomes
/// a warning; both in the reader's words. What an earlier finding has said already is not said again.
/// </summary>
internal static class WrittenCheck
{
    // What a finding of the verb has said of many subjects at once, in place of the reader.
    private static readonly (FindingCode Said, FindingCode Again, Func<string, Run, bool> Of)[] AtOnce =
    [
        (TargetCodes.BaseIdMissing, CheckCodes.NotTakenForAdapter, (_, _) => true),
        (TargetCodes.ModelUnsupported, CheckCodes.ModelUnsupported, (_, _) => true),
        (ArchitectureCodes.RootUnknown, CheckCodes.KeyRefused, (_, _) => true),
        (ArchitectureCodes.RootUnknown, CheckCodes.TensorIgnored, LiveNames.IsOdd),
    ];

    /// <summary>Adds what the readers of a target would say.</summary>
    /// <param name="output">The files, before they are put in place.</param>
    /// <param name="target">The reader that they are for, or an intersection of several.</param>
    /// <param name="context">The run.</param>
    public static void Run(OutputFolder output, TargetProfile target, Run context)
    {
        using var source = new WrittenSource(output);
        using var files = new CheckedFiles(source, context.Base);
        var values = new WrittenValues(output);

        // Of a reader of the caller's own no rules are known.
        foreach (Reader reader in target.Name.Split(',').Select(context.Readers.Find).OfType<Reader>())
        {
            AskReader(files, values, reader, context);
        }
    }

    private static void AskReader(CheckedFiles files, WrittenValues values, Reader reader, Run context)
    {
        var check = new CheckContext(files, reader, new ReaderTerms(context.Base, context.Options.ModelType), context.CancellationToken);
        reader.Check(check);
        Finding[] errors = [.. check.Findings.Where(finding => finding.Severity == Severity.Error)];
        if (reader.Profile == TargetProfile.Peft && context.Options.TransformersGeneration < 5)
        {
            TellOldNames(errors, context);
            return;
        }

        Finding[] said = [.. context.Log.ToSorted().Where(finding => finding.Severity != Severity.Information)];
        HashSet<string> subjects = [.. said.SelectMany(finding => new[] { finding.Subject, finding.Place?.Entry ?? finding.Place?.Field ?? finding.Subject })];
        HashSet<FindingCode> codes = [.. said.Select(finding => finding.Code)];
        foreach (Finding finding in errors.Where(finding => !IsSaid(finding, subjects, codes, context)))
        {
            FindingCode code = CheckCodes.Silent.Contains(finding.Code) ? TargetCodes.ReaderMisreads : TargetCodes.ReaderRefuses;
            // An initialisation that changes the base is never rewritten: PEFT alone can convert the adapter.
            string stands = code == TargetCodes.ReaderMisreads && values.Describe(finding) is { } written ? $"; {written}" : string.Empty;
            Finding told = code.At(finding.Subject, $"{finding.Message}{stands} ({finding.Code})");
            context.Log.Add(finding.Subject == "init_lora_weights" ? told with { Severity = Severity.Warning } : told);
        }
    }

    // PEFT's rules are known for transformers 5 alone; whoever asks for the names of 4 is told once what they mean there.
    private static void TellOldNames(Finding[] errors, Run context)
    {
        Finding[] loud = [.. errors.Where(finding => !CheckCodes.Silent.Contains(finding.Code))];
        if (loud is [var first, ..] && !context.Log.Has(TargetCodes.OldTransformersOnly))
        {
            context.Log.Add(TargetCodes.OldTransformersOnly.At([.. loud.Select(error => error.Subject)], $"under transformers 5, {first.Message}"));
        }
    }

    // A finding about a module covers its tensors, one about a field of a file the field; one finding names all modules under a root that the base does not
    // have.
    private static bool IsSaid(Finding finding, HashSet<string> subjects, HashSet<FindingCode> codes, Run context) =>
        subjects.Contains(finding.Subject)
        || PathPrefixes.Of(finding.Subject).Any(subjects.Contains)
        || AtOnce.Any(row => row.Again == finding.Code && codes.Contains(row.Said) && row.Of(finding.Subject, context));
}
