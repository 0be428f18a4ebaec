using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Peft;

/// <summary>
/// Fields that a PEFT always writes, that change what an adapter does, and that no tensor tells. Where one is missing, what PEFT takes for it is an assumption.
/// PEFT before 0.18 does not name its version; then the newest field dates it. (Configs of third parties lack fields as a rule, also those that date one.)
/// </summary>
public static class PeftMissingFields
{
    private static readonly ImmutableArray<(string Field, JsonValue Default, int Minor, bool MayBeNull)> Fields =
    [
        ("lora_dropout", JsonNumber.Of(0.0), 0, false),
        ("init_lora_weights", JsonBoolean.True, 3, false),
        ("alpha_pattern", JsonObject.Empty, 6, false),
        ("use_rslora", JsonBoolean.False, 8, false),
        ("layer_replication", JsonNull.Instance, 10, true),
        ("use_qalora", JsonBoolean.False, 16, false),
        ("alora_invocation_tokens", JsonNull.Instance, 18, true),
        ("use_bdlora", JsonNull.Instance, 19, true),
    ];

    /// <summary>The fields that are missing, or null where PEFT writes no null, with what PEFT 0.21 takes.</summary>
    public static IEnumerable<KeyValuePair<string, JsonValue>> Of(PeftConfig config)
    {
        int? newest = config.Version is null ? PeftFieldAge.Newest(config.Source)?.Minor : null;
        return !config.IsLora ? [] : Fields
            .Where(field => IsWritten(field.Minor) && config.Source[field.Field] is var value && (value is null || (value is JsonNull && !field.MayBeNull)))
            .Select(field => KeyValuePair.Create(field.Field, field.Default));

        bool IsWritten(int minor) => config.Version is { } version ? version.IsAtLeast(0, minor) : newest >= minor;
    }

    /// <summary>The fields that a version writes, with what plain LoRA has in them.</summary>
    /// <param name="minor">The minor version of PEFT 0.</param>
    public static IEnumerable<KeyValuePair<string, JsonValue>> WrittenBy(int minor) =>
        Fields.Where(field => field.Minor <= minor).Select(field => KeyValuePair.Create(field.Field, field.Default));

    /// <summary>Names them.</summary>
    public static void Report(PeftConfig config, FindingLog log)
    {
        string writer = config.Version is { } version
            ? $"PEFT {version}"
            : PeftFieldAge.Newest(config.Source) is { } newest
            ? $"a PEFT that writes {newest.Field} (0.{newest.Minor} or later)"
            : "PEFT";
        foreach ((string field, JsonValue value) in Of(config))
        {
            string taken = value switch { JsonObject => "no pattern", JsonNumber number => number.Text, _ => value.Kind };
            log.Add(
                ConfigCodes.FieldMissing.At(
                    $"{config.FileName}:{field}",
                    $"is {(config.Source[field] is null ? "missing" : "null")}, which {writer} does not write; PEFT 0.21 takes {taken}"));
        }
    }
}
