using Transfuse.Conversion.Repair.Editing;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Configs;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Repair.Peft;

/// <summary>Rows of trained tokens and <c>trainable_token_indices</c>: neither tells the other.</summary>
internal static class TokenRowsCheck
{
    public static void Apply(ConfigEditor editor, Adapter adapter, FindingLog log)
    {
        long[] rows = [.. adapter.OtherTensors.Where(tensor => tensor.Kind == OtherTensorKind.TokenRows).Select(tensor => tensor.Tensor.Shape is { Rank: > 0 } shape ? shape[0] : 0)];
        JsonValue? stated = editor["trainable_token_indices"];
        int[] counts = stated switch
        {
            JsonArray list => [list.Items.Length],
            JsonObject lists => [.. lists.Members.Select(member => (member.Value as JsonArray)?.Items.Length ?? 0)],
            _ => [],
        };
        bool isUnusable = stated is JsonArray indices && !JsonFields.ReadIntegers(indices, out _).HasValue();
        bool isNegative = stated is JsonArray signed && signed.Items.Any(item => item is JsonNumber { Value: < 0 });
        if (isUnusable || isNegative || !rows.Order().SequenceEqual(counts.Select(count => (long)count).Order()))
        {
            log.Add(ConfigCodes.TokenIndices.At(
                "trainable_token_indices", $"is {JsonText.Show(stated) ?? "missing"}, and the file has {(rows.Length == 0 ? "no" : string.Join(" and ", rows))} rows of tokens"));
        }
    }
}
