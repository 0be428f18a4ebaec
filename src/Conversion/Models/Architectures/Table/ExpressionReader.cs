using System.Text.Json;
using Transfuse.Conversion.Models.Architectures.Expressions;

namespace Transfuse.Conversion.Models.Architectures.Table;

/// <summary>Reads expressions and conditions of the table.</summary>
internal static class ExpressionReader
{
    /// <summary>A number, the name of a field, or one operation with its operands.</summary>
    public static Expression Read(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Number:
                return new Constant(element.GetDouble());
            case JsonValueKind.String:
                return new ConfigField(element.GetString()!);
            default:
                JsonProperty property = element.EnumerateObject().Single();
                return Words.Operator.TryGetValue(property.Name, out Operator op)
                    ? new Operation(op, [.. property.Value.EnumerateArray().Select(Read)])
                    : throw new FormatException($"There is no operation {property.Name}.");
        }
    }

    /// <summary>A comparison of a field, of the layer index or of the layer's type, or several of these.</summary>
    public static Condition ReadCondition(JsonElement element)
    {
        EntryReader reader = new(element);
        Condition condition;
        if (reader.Optional("all") is JsonElement parts)
        {
            condition = new AllConditions([.. parts.EnumerateArray().Select(ReadCondition)]);
        }
        else if (reader.OptionalText("layer_type") is string type)
        {
            condition = new LayerTypeCondition(type);
        }
        else if (reader.OptionalText("layer") is string comparison)
        {
            condition = comparison == "ge"
                ? new LayerCondition(Read(reader.Required("value")))
                : throw new FormatException($"A layer index is not compared by {comparison}.");
        }
        else
        {
            condition = ReadField(reader);
        }

        reader.End();
        return condition;
    }

    private static FieldCondition ReadField(EntryReader reader)
    {
        Comparison comparison = reader.Word("op", Words.Comparison);
        double value = comparison == Comparison.Present ? 0 : Number(reader.Required("value"));
        double? missing = reader.Optional("default") is JsonElement stated ? Number(stated) : null;
        return new FieldCondition(reader.Text("field"), comparison, value, missing);
    }

    private static double Number(JsonElement element) => element switch
    {
        { ValueKind: JsonValueKind.True } => 1,
        { ValueKind: JsonValueKind.False } => 0,
        _ => element.GetDouble(),
    };
}
