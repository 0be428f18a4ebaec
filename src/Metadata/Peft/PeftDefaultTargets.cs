using System.Collections.Frozen;

namespace Transfuse.Metadata.Peft;

/// <summary>
/// What PEFT targets where a config has no <c>target_modules</c>, by the base's <c>model_type</c> (PEFT 0.21,
/// <c>TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING</c>).
/// </summary>
internal static class PeftDefaultTargets
{
    private static readonly PeftModuleSelector QueryAndValue = PeftModuleSelector.OfList(["q_proj", "v_proj"]);
    private static readonly PeftModuleSelector Fused = PeftModuleSelector.OfList(["query_key_value"]);

    private static readonly FrozenDictionary<string, PeftModuleSelector> ByModelType = new Dictionary<string, PeftModuleSelector>
    {
        ["llama"] = QueryAndValue, ["llama4"] = QueryAndValue, ["mistral"] = QueryAndValue, ["mixtral"] = QueryAndValue, ["stablelm"] = QueryAndValue,
        ["gemma"] = QueryAndValue, ["gemma2"] = QueryAndValue, ["gemma3_text"] = QueryAndValue, ["qwen2"] = QueryAndValue, ["qwen3"] = QueryAndValue,
        ["bart"] = QueryAndValue, ["opt"] = QueryAndValue, ["gptj"] = QueryAndValue, ["gpt_neo"] = QueryAndValue,
        ["phi"] = PeftModuleSelector.OfList(["q_proj", "v_proj", "fc1", "fc2"]),
        ["nemotron_h"] = PeftModuleSelector.OfList(["q_proj", "k_proj", "v_proj", "o_proj"]),
        ["gemma4"] = PeftModuleSelector.OfPattern(@".*language_model\..*\.(q_proj|v_proj)"),
        ["gpt2"] = PeftModuleSelector.OfList(["c_attn"]), ["gpt_bigcode"] = PeftModuleSelector.OfList(["c_attn"]),
        ["gpt_neox"] = Fused, ["bloom"] = Fused, ["chatglm"] = Fused, ["falcon"] = Fused, ["RefinedWeb"] = Fused, ["RefinedWebModel"] = Fused,
        ["mpt"] = PeftModuleSelector.OfList(["Wqkv"]), ["btlm"] = PeftModuleSelector.OfList(["c_proj", "c_attn"]),
        ["codegen"] = PeftModuleSelector.OfList(["qkv_proj"]),
        ["rwkv"] = PeftModuleSelector.OfList(["key", "value", "receptance", "output"]),
        ["rwkv7"] = PeftModuleSelector.OfList(["r_proj", "k_proj", "v_proj", "o_proj", "key", "value"]),
        ["t5"] = PeftModuleSelector.OfList(["q", "v"]), ["mt5"] = PeftModuleSelector.OfList(["q", "v"]),
        ["blip-2"] = PeftModuleSelector.OfList(["q", "v", "q_proj", "v_proj"]),
        ["bert"] = PeftModuleSelector.OfList(["query", "value"]), ["roberta"] = PeftModuleSelector.OfList(["query", "value"]),
        ["xlm-roberta"] = PeftModuleSelector.OfList(["query", "value"]), ["electra"] = PeftModuleSelector.OfList(["query", "value"]),
        ["layoutlm"] = PeftModuleSelector.OfList(["query", "value"]), ["deberta"] = PeftModuleSelector.OfList(["in_proj"]),
        ["deberta-v2"] = PeftModuleSelector.OfList(["query_proj", "value_proj"]),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The targets of a model type, or <see langword="null"/> where PEFT has none and refuses a config without any.</summary>
    public static PeftModuleSelector? Of(string modelType) => ByModelType.GetValueOrDefault(modelType);
}
