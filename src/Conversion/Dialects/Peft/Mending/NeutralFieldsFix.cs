using Transfuse.Conversion.Dialects.Editing;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Conversion.Dialects.Peft.Mending;

/// <summary>Fields that change nothing about an adapter's maths: a value that no reader takes becomes what PEFT writes where it knows nothing.</summary>
internal static class NeutralFieldsFix
{
    public static void Apply(ConfigEditor editor, FindingLog log)
    {
        foreach (PeftField field in PeftFields.All.Where(field => !field.ChangesMaths && field.Mending is not null))
        {
            // Null says that nothing is known, except where a field of that meaning is one that is missing.
            if (editor[field.Name] is not { } value || field.Accepts(value) || (value is JsonNull && field.Mending!.Value is not null))
            {
                continue;
            }

            if (field.Name == PeftDropout.Field)
            {
                log.Add(PeftDropout.Unusable(new ConfigPlace(string.Empty, field.Name), value));
            }

            Mend(editor, field);
        }
    }

    /// <summary>Puts the right value, or none, in place of a field's.</summary>
    public static void Mend(ConfigEditor editor, PeftField field)
    {
        if (field.Mending!.Value is { } value)
        {
            editor.Set(field.Name, value, field.Mending.Reason);
        }
        else
        {
            editor.Remove(field.Name, field.Mending.Reason);
        }
    }
}
