using System.Collections.Immutable;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Configs;

namespace Transfuse.Metadata.Peft;

/// <summary>Reads the settings that make a config more than plain LoRA.</summary>
internal sealed class PeftVariantsReader(ConfigFields fields)
{
    public PeftVariants Read()
    {
        CheckUnused();
        FieldOutcome tokensOutcome = fields.ReadIntegers("alora_invocation_tokens", out ImmutableArray<long> tokens, nullable: true);
        return new PeftVariants
        {
            UseDora = Boolean("use_dora"),
            LoraBias = Boolean("lora_bias"),
            UseQalora = Boolean("use_qalora"),
            EnsureWeightTying = Boolean("ensure_weight_tying"),
            AloraInvocationTokens = tokensOutcome.HasValue() ? tokens : null,
            TrainableTokenIndices = ReadTokenIndices(),
            LayerReplication = ReadReplication(),
            MegatronConfig = Object("megatron_config") is { Members.Length: > 0 } megatron ? megatron : null,
            LoftqConfig = Object("loftq_config") is { Members.Length: > 0 } loftq ? loftq : null,
            ArrowConfig = Object("arrow_config"),
            BdLora = Object("use_bdlora"),
            VeloraConfig = Object("velora_config"),
            MontecloraConfig = Object("monteclora_config"),
            KasaConfig = Object("kasa_config"),
        };
    }

    /// <summary>Settings that say nothing about what the tensors mean: a wrong type is still a sign of a damaged config.</summary>
    private void CheckUnused()
    {
        fields.ReadInteger("qalora_group_size", 1, out _, nullable: true);
        fields.ReadString("megatron_core", out _, nullable: true);
        fields.ReadObject("eva_config", out _, nullable: true);
        fields.ReadObject("corda_config", out _, nullable: true);
        fields.ReadObject("lora_ga_config", out _, nullable: true);
    }

    private bool Boolean(string name) => fields.ReadBoolean(name, out bool value, nullable: true).HasValue() && value;

    private JsonObject? Object(string name) => fields.ReadObject(name, out JsonObject value, nullable: true) == FieldOutcome.Ok ? value : null;

    private JsonArray? ReadReplication()
    {
        switch (fields.Json["layer_replication"])
        {
            case JsonArray { Items.Length: > 0 } ranges when ranges.Items.All(
                range => JsonFields.ReadIntegers(range, out ImmutableArray<long> ends).HasValue() && ends.Length == 2):
                return ranges;
            case null or JsonNull or JsonArray { Items.IsEmpty: true }:
                return null;
            default:
                fields.ReportWrongType("layer_replication", "a list of ranges, each of two integers,");
                return null;
        }
    }

    private JsonValue? ReadTokenIndices()
    {
        const string Name = "trainable_token_indices";
        switch (fields.Json[Name])
        {
            case null or JsonNull:
                return null;
            case JsonArray list when JsonFields.ReadIntegers(list, out _).HasValue():
                return list;
            case JsonObject lists when lists.Members.All(member => JsonFields.ReadIntegers(member.Value, out _).HasValue()):
                return lists;
            default:
                fields.ReportWrongType(Name, "a list of integers, or an object of such lists,");
                return null;
        }
    }
}
