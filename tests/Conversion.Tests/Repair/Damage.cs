using System.Text.Json.Nodes;

namespace Transfuse.Conversion.Tests.Repair;

/// <summary>One way to damage a config field.</summary>
internal enum Damage
{
    Missing,
    Null,
    WrongType,
    Stale,
    Negative,
    NaN,
    Text,
}

/// <summary>Damages a field of a config.</summary>
internal static class Damages
{
    /// <summary>The config with one field damaged, or null where the damage does not apply to the field.</summary>
    /// <param name="config">The whole config.</param>
    /// <param name="field">A name, or <c>lora_parameters.name</c>.</param>
    /// <param name="damage">What happens to it.</param>
    /// <param name="stale">A value that it could have had in another run, or null where there is none.</param>
    public static string? Apply(JsonObject config, string field, Damage damage, JsonNode? stale)
    {
        JsonObject copy = config.DeepClone().AsObject();
        string[] parts = field.Split('.');
        JsonObject parent = parts.Length == 1 ? copy : copy[parts[0]]!.AsObject();
        string name = parts[^1];
        JsonNode? value = parent[name];
        switch (damage)
        {
            case Damage.Missing:
                parent.Remove(name);
                break;
            case Damage.Null:
                if (value is null)
                {
                    return null;
                }

                parent[name] = null;
                break;
            case Damage.WrongType:
                parent[name] = value is JsonArray or JsonObject ? 5 : new JsonArray(new JsonObject());
                break;
            case Damage.Stale when stale is not null:
                parent[name] = stale.DeepClone();
                break;
            case Damage.Negative when value is JsonValue number
                && number.GetValueKind() == System.Text.Json.JsonValueKind.Number
                && number.GetValue<double>() > 0:
                parent[name] = -number.GetValue<double>() is var negative && double.IsInteger(negative) && !value.ToJsonString().Contains('.')
                    ? (JsonNode)(long)negative
                    : negative;
                break;
            case Damage.NaN:
                parent[name] = "NaN-here";
                return copy.ToJsonString().Replace("\"NaN-here\"", "NaN");
            case Damage.Text:
                parent[name] = value is JsonValue text && text.GetValueKind() == System.Text.Json.JsonValueKind.String ? "damaged text" : "damaged";
                break;
            default:
                return null;
        }

        return copy.ToJsonString();
    }
}
