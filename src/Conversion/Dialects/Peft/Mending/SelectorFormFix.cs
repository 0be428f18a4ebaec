using Transfuse.Conversion.Dialects.Editing;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft.Mending;

/// <summary>Fields that choose modules and layers, where their values are of a kind that PEFT refuses. The tensors choose then.</summary>
internal static class SelectorFormFix
{
    private const string Reason = "PEFT refuses the value; the tensors tell which modules are adapted";

    /// <summary>Puts the forms right.</summary>
    /// <returns>Whether it is not known any more which layers the lists of names were meant for.</returns>
    public static bool Apply(ConfigEditor editor)
    {
        if (editor["modules_to_save"] is JsonString { Value.Length: > 0 } single)
        {
            editor.Set("modules_to_save", JsonArray.Of([single.Value]), "a list; PEFT takes the letters of a string one by one");
        }

        foreach (PeftField field in PeftFields.All.Where(field => field.ChangesMaths && field.Mending is not null && !IsUsable(editor, field.Name)))
        {
            NeutralFieldsFix.Mend(editor, field);
        }

        return Layers(editor);
    }

    private static bool Layers(ConfigEditor editor)
    {
        JsonValue? layers = editor["layers_to_transform"];
        bool areUsable = IsUsable(editor, "layers_to_transform");
        JsonValue? pattern = editor["layers_pattern"];
        bool isPatternUsable = IsUsable(editor, "layers_pattern");
        bool isRegex = editor["target_modules"] is JsonString;
        bool isPatternAlone = pattern is not (null or JsonNull) && layers is (null or JsonNull);
        if (!areUsable || (isRegex && layers is not (null or JsonNull)))
        {
            editor.Set("layers_to_transform", JsonNull.Instance, isRegex ? "PEFT refuses it beside a target_modules that is a string" : Reason);
        }

        if (!isPatternUsable || (pattern is not (null or JsonNull) && (isRegex || editor["layers_to_transform"] is null or JsonNull)))
        {
            editor.Set("layers_pattern", JsonNull.Instance,
                isRegex ? "PEFT refuses it beside a target_modules that is a string" : "PEFT refuses it without layers_to_transform");
        }

        bool isMissing = editor["peft_version"] is JsonString && editor["layers_to_transform"] is null;
        return !areUsable || !isPatternUsable || isPatternAlone || isMissing;
    }

    private static bool IsUsable(ConfigEditor editor, string field) =>
        editor[field] is not { } value || value is JsonNull || PeftFields.Find(field)!.Accepts(value);
}
