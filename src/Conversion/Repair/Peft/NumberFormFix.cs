using Transfuse.Conversion.Repair.Editing;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion.Repair.Peft;

/// <summary>Numbers in strings, integers with a point, and 0 or 1 where true or false belongs.</summary>
internal static class NumberFormFix
{
    private static readonly string[] Integers = ["r", "qalora_group_size"];
    private static readonly string[] Numbers = ["lora_alpha", "lora_dropout"];
    private static readonly string[] Booleans = ["use_rslora", "use_dora", "lora_bias", "use_qalora", "ensure_weight_tying", "fan_in_fan_out", "inference_mode"];

    public static void Apply(ConfigEditor editor)
    {
        foreach (string field in Integers)
        {
            if (MlxNumber.Read(editor.Config, field) is { AsInteger: { } value } number && (number.IsText || number.IsIntegralFloat))
            {
                editor.Set(field, value, "an integer without a point");
            }
        }

        foreach (string field in Numbers)
        {
            if (MlxNumber.Read(editor.Config, field) is { IsText: true, Value: { } value })
            {
                editor.Set(field, double.IsInteger(value) && Math.Abs(value) < int.MaxValue ? JsonNumber.Of((long)value) : JsonNumber.Of(value), "a number, not a string");
            }
        }

        foreach (string field in Booleans)
        {
            if (JsonFields.ReadBoolean(editor[field], out bool value) == FieldOutcome.BooleanAsNumber)
            {
                editor.Set(field, JsonBoolean.Of(value), "true or false, as Python takes the number");
            }
        }
    }
}
