using Transfuse.Conversion.Dialects.Editing;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft.Mending;

/// <summary>
/// Fields in another form than PEFT takes: numbers in strings, integers with a point, 0 or 1 where true or false belongs, names in another case.
/// </summary>
internal static class FieldFormFix
{
    public static void Apply(ConfigEditor editor)
    {
        foreach ((string field, JsonValue value, string reason) in PeftFieldForms.Of(editor.Config))
        {
            editor.Set(field, value, reason);
        }
    }
}
