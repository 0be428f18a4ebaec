using Transfuse.Formats.Json;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Fit;

/// <summary>Lists in one finding the config fields that stay behind when an adapter leaves its dialect.</summary>
internal static class LeftOutFields
{
    public static void Report(JsonObject config, string configName, Run run)
    {
        string[] names = [.. config.Members.Where(field => !run.Dialects.All.Any(dialect => dialect.Understands(field.Key)) && !IsEmpty(field.Value))
            .Select(field => field.Key)];
        if (names.Length > 0)
        {
            run.Log.Add(TargetCodes.FieldsLeftOut.At(configName, string.Join(", ", names)));
        }
    }

    private static bool IsEmpty(JsonValue value) => value switch
    {
        JsonNull => true,
        JsonBoolean flag => !flag.Value,
        JsonArray list => list.Items.IsEmpty,
        JsonObject fields => fields.Members.IsEmpty,
        _ => false,
    };
}
