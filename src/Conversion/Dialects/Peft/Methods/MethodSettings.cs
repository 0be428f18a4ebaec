using Transfuse.Formats.Json;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft.Methods;

/// <summary>
/// Reads the fields that a method's config has besides those of all methods. A missing one gets PEFT's default, with a finding where it matters.
/// </summary>
/// <param name="config">The config.</param>
/// <param name="log">Takes findings.</param>
internal sealed class MethodSettings(PeftConfig config, FindingLog log)
{
    public ConfigFields Fields { get; } = new(config.Source, config.FileName, log);

    /// <summary>A number that decides what the adapter does.</summary>
    public double Number(string name, double fallback)
    {
        FieldOutcome outcome = Fields.ReadNumber(name, out double value);
        return outcome.HasValue() ? value : Assume(name, fallback, outcome);
    }

    /// <summary>A positive integer that decides what the adapter does.</summary>
    public int Positive(string name, int fallback)
    {
        FieldOutcome outcome = Fields.ReadInteger(name, 1, out int value);
        return outcome.HasValue() ? value : (int)Assume(name, fallback, outcome);
    }

    /// <summary>A switch that is off where it is missing.</summary>
    public bool Flag(string name) => Fields.ReadBoolean(name, out bool value, nullable: true).HasValue() && value;

    /// <summary>Whether a field is there and neither null nor false nor empty.</summary>
    public bool IsSet(string name) => config.Source[name] switch
    {
        null or JsonNull or JsonBoolean { Value: false } => false,
        JsonArray list => !list.Items.IsEmpty,
        JsonObject fields => !fields.Members.IsEmpty,
        _ => true,
    };

    private double Assume(string name, double fallback, FieldOutcome outcome)
    {
        if (outcome == FieldOutcome.Missing)
        {
            log.Add(MethodCodes.SettingAssumed.At(Fields.Subject(name), FormattableString.Invariant($"is missing; {fallback} is assumed")));
        }

        return fallback;
    }
}
