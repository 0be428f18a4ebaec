using Transfuse.Formats.Json;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;

namespace Transfuse.Metadata.Peft;

/// <summary><c>lora_dropout</c>, which matters in training only, so that a value that PEFT refuses loses nothing.</summary>
internal static class PeftDropout
{
    public const string Field = "lora_dropout";

    /// <summary>The finding about a value that is no probability.</summary>
    /// <param name="subject">The field.</param>
    /// <param name="value">Its value.</param>
    public static Finding Unusable(ConfigPlace subject, JsonValue value) =>
        ConfigCodes.DropoutUnusable.At(subject, $"is {ConfigFields.Show(value)}, but 0 to 1 belongs there; 0 is taken, and PEFT uses it in training only");

    /// <summary>The probability, 0 where the config has none, or <see langword="null"/> where it is none that torch's Dropout takes: from 0 to 1.</summary>
    public static double? Of(JsonObject config)
    {
        FieldOutcome outcome = JsonFields.ReadNumber(config[Field], out double value);
        return outcome is FieldOutcome.Missing or FieldOutcome.Null ? 0 : IsProbability(config[Field]!) ? value : null;
    }

    /// <summary>Whether torch's Dropout takes a value: a number from 0 to 1.</summary>
    public static bool IsProbability(JsonValue value) => JsonFields.ReadNumber(value, out double number).HasValue() && number is >= 0 and <= 1;
}
