using Transfuse.Conversion.Repair.Editing;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Repair.Peft;

/// <summary>Numbers in strings, integers with a point, and 0 or 1 where true or false belongs.</summary>
internal static class NumberFormFix
{
    public static void Apply(ConfigEditor editor)
    {
        foreach (PeftField field in PeftFields.All)
        {
            Apply(editor, field);
        }
    }

    private static void Apply(ConfigEditor editor, PeftField field)
    {
        switch (field.Kind)
        {
            case PeftFieldKind.Integer
                when MlxNumber.Read(editor.Config, field.Name) is { AsInteger: { } value } number && (number.IsText || number.IsIntegralFloat):
                editor.Set(field.Name, value, "an integer without a point");
                break;
            case PeftFieldKind.Number when MlxNumber.Read(editor.Config, field.Name) is { IsText: true, Value: { } value }:
                bool isInteger = double.IsInteger(value) && Math.Abs(value) < int.MaxValue;
                editor.Set(field.Name, isInteger ? JsonNumber.Of((long)value) : JsonNumber.Of(value), "a number, not a string");
                break;
            case PeftFieldKind.Flag when JsonFields.ReadBoolean(editor[field.Name], out bool value) == FieldOutcome.BooleanAsNumber:
                editor.Set(field.Name, JsonBoolean.Of(value), "true or false, as Python takes the number");
                break;
        }
    }
}
