using System.Collections.Immutable;
using Transfuse.Apply.Fusing.Models;
using Transfuse.Apply.Fusing.Placing;
using Transfuse.Apply.Quantization;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Formats.Json;

namespace Transfuse.Apply.Fusing.Writing;

/// <summary>What the merged model's config says otherwise than the base's: tying, and how modules are quantized.</summary>
internal static class ConfigChanges
{
    /// <summary>The field that has the number of tokens.</summary>
    public const string TokensField = "vocab_size";

    private const string TextConfig = "text_config";
    private static readonly string[] Quantization = ["quantization", "quantization_config"];

    /// <summary>The config, or <see langword="null"/> where the base's stands.</summary>
    public static JsonObject? Of(ModelFolder folder, FusionPlan plan, TiedWeights tied, bool isDequantized)
    {
        JsonObject root = folder.Model.Config.Root;
        JsonObject changed = root;
        if (plan.IsUntied)
        {
            changed = Set(changed, tied.Field, JsonBoolean.False);
            if (changed[TextConfig] is JsonObject text)
            {
                changed = Set(changed, TextConfig, Set(text, tied.Field, JsonBoolean.False));
            }
        }

        if (plan.Tokens is { } tokens)
        {
            changed = SetTokens(changed, tokens);
            if (changed[TextConfig] is JsonObject text)
            {
                changed = Set(changed, TextConfig, SetTokens(text, tokens));
            }
        }

        if (isDequantized)
        {
            changed = new JsonObject(changed.Members.Where(member => !Quantization.Contains(member.Key)));
        }
        else if (folder.Model.Config.Quantization is { } quantization)
        {
            changed = Modules(changed, plan, quantization);
        }

        return changed == root ? null : changed;
    }

    /// <summary>Whether a config says the number of tokens, at the top or for its text model.</summary>
    public static bool HasTokens(JsonObject config) => config.Contains(TokensField) || (config[TextConfig] is JsonObject text && text.Contains(TokensField));

    private static JsonObject SetTokens(JsonObject config, long tokens) =>
        config.Contains(TokensField) ? Set(config, TokensField, JsonNumber.Of(tokens)) : config;

    // mlx-lm looks a module up by its path in the block first; only then it looks for scales.
    private static JsonObject Modules(JsonObject root, FusionPlan plan, MlxQuantization quantization)
    {
        var entries = new List<KeyValuePair<string, JsonValue>>();
        foreach (PlannedWeight weight in plan.Weights.Values.Where(weight => weight.Quantized is not null))
        {
            if (!weight.StaysQuantized)
            {
                entries.Add(new(weight.Module, JsonBoolean.False));
            }
            else if (quantization.For(weight.Module) is not { } stated || QuantizationForm.TryCreate(stated) != weight.Quantized!.Form)
            {
                QuantizationForm form = weight.Quantized!.Form;
                entries.Add(new(weight.Module, new JsonObject(
                [
                    new("group_size", JsonNumber.Of(form.GroupSize)), new("bits", JsonNumber.Of(form.Bits)), new("mode", new JsonString(form.ModeName)),
                ])));
            }
        }

        foreach (string field in entries.Count > 0 ? Quantization : [])
        {
            if (root[field] is JsonObject block)
            {
                root = Set(root, field, entries.Aggregate(block, (with, entry) => Set(with, entry.Key, entry.Value)));
            }
        }

        return root;
    }

    private static JsonObject Set(JsonObject target, string name, JsonValue value)
    {
        ImmutableArray<KeyValuePair<string, JsonValue>> members = target.Members;
        return new JsonObject(target.Contains(name)
            ? members.Select(member => member.Key == name ? new KeyValuePair<string, JsonValue>(name, value) : member)
            : members.Append(new KeyValuePair<string, JsonValue>(name, value)));
    }
}
