using Transfuse.Conversion.Repair.Editing;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Repair.Peft;

/// <summary>Fields that change nothing about an adapter's maths: a value that no reader takes becomes what PEFT writes where it knows nothing.</summary>
internal static class NeutralFieldsFix
{
    private const string Reason = "no reader takes the value, and it does not change what the adapter does";

    public static void Apply(ConfigEditor editor, FindingLog log)
    {
        foreach (string field in new[] { "base_model_name_or_path", "revision" })
        {
            Clear(editor, field, JsonFields.ReadString(editor[field], out _), JsonNull.Instance);
        }

        Clear(editor, "auto_mapping", JsonFields.ReadObject(editor["auto_mapping"], out _), JsonNull.Instance);
        Clear(editor, "inference_mode", JsonFields.ReadBoolean(editor["inference_mode"], out _), JsonBoolean.True);
        Clear(editor, "fan_in_fan_out", JsonFields.ReadBoolean(editor["fan_in_fan_out"], out _), JsonBoolean.False);
        if (PeftDropout.Of(editor.Config) is null)
        {
            log.Add(PeftDropout.Unusable(PeftDropout.Field, editor[PeftDropout.Field]!));
            editor.Set(PeftDropout.Field, 0.0, Reason);
        }

        if (editor["megatron_config"] is { } megatron and not JsonNull)
        {
            editor.Set("megatron_config", JsonNull.Instance, "PEFT imports Megatron for it, which a model of transformers does not need; it does not change what the adapter does");
        }

        if (editor["task_type"] is { } task and not JsonNull && !(task is JsonString { Value: var name } && PeftTypes.Tasks.Contains(name)))
        {
            editor.Set("task_type", JsonNull.Instance, "PEFT refuses any other task; it does not change what the adapter does");
        }

        if (editor["peft_version"] is { } version && !(version is JsonString { Value: var text } && PeftVersion.TryParse(text, out _)))
        {
            editor.Remove("peft_version", "it is no version");
        }
    }

    private static void Clear(ConfigEditor editor, string field, FieldOutcome outcome, JsonValue value)
    {
        if (outcome is FieldOutcome.WrongType or FieldOutcome.NotFinite or FieldOutcome.OutOfRange)
        {
            editor.Set(field, value, Reason);
        }
    }
}
