using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Peft;

/// <summary>
/// Fields that a PEFT always writes, that change what an adapter does, and that no tensor tells. Where one is missing, what PEFT takes for it is an assumption.
/// PEFT before 0.18 does not name its version; then the newest field dates it. (Configs of third parties lack fields as a rule, also those that date one.)
/// </summary>
internal static class PeftMissingFields
{
    /// <summary>The fields that are missing, or null where PEFT writes no null, with what PEFT 0.21 takes.</summary>
    public static IEnumerable<KeyValuePair<string, JsonValue>> Of(PeftConfig config)
    {
        int? newest = config.Version is null ? PeftFields.Newest(config.Source)?.Since : null;
        return !config.IsLora ? [] : PeftFields.With(PeftFieldTraits.Untold)
            .Where(field => IsWritten(field.Since) && (config.Source[field.Name] is null or JsonNull) && !IsNullMeant(field))
            .Select(Taken);

        bool IsNullMeant(PeftField field) => field.Is(PeftFieldTraits.MayBeNull) && config.Source.Contains(field.Name);

        bool IsWritten(int minor) => config.Version is { } version ? version.IsAtLeast(0, minor) : newest >= minor;
    }

    /// <summary>The fields that a version writes, with what plain LoRA has in them.</summary>
    /// <param name="minor">The minor version of PEFT 0.</param>
    public static IEnumerable<KeyValuePair<string, JsonValue>> WrittenBy(int minor) =>
        PeftFields.With(PeftFieldTraits.Untold).Where(field => field.Since <= minor).Select(Taken);

    /// <summary>Names them.</summary>
    public static void Report(PeftConfig config, FindingLog log)
    {
        string writer = config.Version is { } version
            ? $"PEFT {version}"
            : PeftFields.Newest(config.Source) is { } newest
            ? $"a PEFT that writes {newest.Name} (0.{newest.Since} or later)"
            : "PEFT";
        foreach ((string field, JsonValue value) in Of(config))
        {
            string taken = value switch { JsonObject => "no pattern", JsonNumber number => number.Text, _ => value.Kind };
            log.Add(
                ConfigCodes.FieldMissing.At(
                    new ConfigPlace(config.FileName, field),
                    $"is {(config.Source[field] is null ? "missing" : "null")}, which {writer} does not write; PEFT 0.21 takes {taken}"));
        }
    }

    private static KeyValuePair<string, JsonValue> Taken(PeftField field) => KeyValuePair.Create(field.Name, field.Default!);
}
