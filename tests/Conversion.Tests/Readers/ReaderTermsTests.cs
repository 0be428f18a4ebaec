using Transfuse.Conversion.Checking;
using Transfuse.Metadata.Findings;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Readers;

/// <summary>The rules of each reader in its own terms: one change, one code, and the words that the program itself would use.</summary>
public class ReaderTermsTests
{
    public static TheoryData<string, string, string, string?, string, string> Rules { get; } = new()
    {
        // mlx-lm 0.32.0, load_adapters.
        { "mlx-lm", "mlx_llama_qv", "num_layers", null, "TF5504", "AttributeError: no attribute 'num_layers'" },
        { "mlx-lm", "mlx_llama_qv", "num_layers", "12.0", "TF5505", "TypeError: is the number 12.0" },
        { "mlx-lm", "mlx_llama_qv", "num_layers", "-1.0", "", "" },
        { "mlx-lm", "mlx_llama_qv", "num_layers", "99999999999999999999", "", "" },
        { "mlx-lm", "mlx_llama_qv", "num_layers", "0.0", "TF5505", "TypeError: is the number 0.0" },
        { "mlx-lm", "mlx_llama_qv", "lora_parameters.rank", "\"8\"", "", "" },
        { "mlx-lm", "mlx_llama_qv", "lora_parameters.rank", "8.0", "TF5505", "is the number 8.0" },
        { "mlx-lm", "mlx_llama_qv", "lora_parameters.scale", "1e999", "TF5532", "computes infinity or NaN" },
        { "mlx-lm", "mlx_llama_qv", "lora_parameters.scale", "0", "TF5571", "the scale is 0" },
        {
            "mlx-lm",
            "mlx_llama_qv",
            "lora_parameters.keys",
            "[\"self_attn.q_proj\", \"self_attn.v_proj\", \"\"]",
            "TF5507",
            "the empty key is the path of a whole layer"
        },
        {
            "mlx-lm",
            "mlx_llama_qv",
            "lora_parameters.keys",
            "[\"self_attn.q_proj\", \"self_attn.v_proj\", \"self_attn.rope\"]",
            "TF5507",
            "a module without weights"
        },
        { "mlx-lm", "mlx_llama_qv", "num_layers", "1", "TF5513", "num_layers does not reach its layer" },
        { "mlx-lm", "mlx_llama_qv", "lora_parameters", "null", "TF5505", "AttributeError: is null" },
        { "mlx-lm", "mlx_llama_qv", "lora_parameters.dropout", null, "TF5504", "KeyError: 'dropout'" },
        { "mlx-lm", "mlx_llama_qv", "lora_parameters.scale", "1e39", "TF5532", "1E+39 is not finite as float32" },
        { "mlx-lm", "mlx_llama_qv", "lora_parameters.scale", "1e-60", "TF3511", "is 1E-60, which is 0 as float32" },
        { "mlx-lm", "mlx_llama_qv", "lora_parameters.scale", "-2.0", "TF3511", "is -2" },
        { "mlx-lm", "mlx_llama_qv", "lora_parameters.rank", "4", "TF5509", "ValueError: adapter shape (64, 8) does not match model parameter shape (64, 4)" },
        { "mlx-lm", "mlx_llama_qv", "lora_parameters.keys", "\"self_attn.q_proj\"", "TF5505", "Can't convert layer of type TransformerBlock" },
        { "mlx-lm", "mlx_llama_qv", "lora_parameters.keys", "[\"self_attn\"]", "TF5507", "self_attn is a container of modules" },
        { "mlx-lm", "mlx_llama_qv", "lora_parameters.keys", "[\"q_proj\"]", "TF5508", "no key reaches it" },
        { "mlx-lm", "mlx_llama_qv", "lora_parameters.keys", "[\"q_proj\"]", "TF5552", "q_proj matches no module" },
        {
            "mlx-lm",
            "mlx_llama_qv",
            "lora_parameters.keys",
            "[\"self_attn.q_proj\", \"self_attn.v_proj\", \"model.layers.2.self_attn.q_proj\"]",
            "TF5507",
            "named twice, also as self_attn.q_proj"
        },
        { "mlx-lm", "mlx_mixtral_switch", "fine_tune_type", "\"dora\"", "TF5506", "SwitchLinear doesn't support DoRA yet" },
        { "mlx-lm", "legacy_switch_2d", "seed", "0", "TF5509", "the flattened form of mlx-lm 0.14.0 to 0.28.2" },
        { "mlx-lm", "llama_qv", "r", "8", "TF5503", "this is a PEFT folder" },

        // mlx-swift-lm 3.31.4, LoRAContainer.
        { "mlx-swift", "mlx_llama_qv", "num_layers", "-1", "TF5505", "suffix(_:) of a negative number stops the program" },
        { "mlx-swift", "mlx_llama_qv", "num_layers", "0", "TF5513", "unhandledKeys" },
        { "mlx-swift", "mlx_llama_qv", "seed", "true", "", "" },
        { "mlx-swift", "mlx_llama_qv", "lora_parameters.scale", "\"20\"", "TF5505", "DecodingError.typeMismatch: scale is a string, not Float" },
        { "mlx-swift", "mlx_llama_qv", "lora_parameters.scale", "1e39", "TF5505", "DecodingError.dataCorrupted: number 1e39 does not fit in Float" },
        { "mlx-swift", "mlx_llama_qv", "lora_parameters.scale", "1e-60", "TF3511", "which is 0 as float32" },
        { "mlx-swift", "mlx_llama_qv", "lora_parameters.dropout", "1", "TF5505", "range [0, 1)" },
        { "mlx-swift", "unsloth_llama", "seed", "0", "TF5508", "keys are paths below a layer" },
        { "mlx-swift", "mlx_llama_head_embed", "seed", "0", "TF5512", "embeddings cannot be adapted" },
        { "mlx-swift", "mlx_mixtral_switch", "num_layers", "3", "TF5512", "experts cannot be adapted" },
        { "mlx-swift", "llama_rslora", "revision", "null", "TF5532", "scale 0.5 instead of 2" },
        { "mlx-swift", "llama_qv", "revision", "null", "TF5556", "LoRAContainer.fromPEFT(directory:)" },
        { "mlx-swift", "llama_dora", "revision", "null", "TF5506", "PEFT LORA with use_dora=true" },
        { "mlx-swift", "llama_modules_to_save", "revision", "null", "TF5531", "is skipped" },
        { "mlx-swift", "llama_regex_target", "revision", "null", "TF5505", "target_modules is a string, not [String]" },

        // mlx-vlm 0.6.15, apply_lora_layers.
        { "mlx-vlm", "mlx_llama_qv", "seed", "0", "TF5507", "AttributeError: no module self_attn.q_proj" },
        { "mlx-vlm", "unsloth_llama", "lora_parameters.keys", "null", "TF5505", "TypeError: keys is null" },
        { "mlx-vlm", "unsloth_qwen3_moe", "seed", "0", "TF5507", "Can't convert layer of type SwitchLinear to LoRA" },
        { "mlx-vlm", "llama_qv", "revision", "null", "TF5503", "neither rank nor lora_parameters" },
        { "mlx-vlm", "vlm_legacy", "alpha", "16", "TF5555", "alpha / rank" },

        // unsloth-zoo 2026.8, FastMLXModel.from_pretrained.
        { "unsloth", "mlx_llama_qv", "seed", "0", "TF5515", "taken for a whole model" },
        { "unsloth", "unsloth_llama", "unsloth_mlx_lora_module_paths", "[\"model.layers.0.mlp.up_proj\"]", "TF5508", "refusing to load a partial adapter" },
        { "unsloth", "unsloth_llama", "base_model_name_or_path", "5", "TF5505", "is the number 5, which names no base to load" },
        { "unsloth", "unsloth_llama", "lora_parameters.scale", "1e39", "TF5532", "not finite as float32" },
        { "unsloth", "unsloth_llama", "lora_parameters.rank", "8", "TF5509", "RuntimeError: saved (64, 4), but the wrapper has (64, 8)" },
        {
            "unsloth",
            "unsloth_llama",
            "base_quantization_config",
            "{\"bits\": 4, \"group_size\": 64}",
            "TF5516",
            "4 bits in groups of 64, affine, but this base has no quantization"
        },

        // PEFT 0.21, PeftModel.from_pretrained.
        { "peft", "llama_qv", "peft_type", null, "TF5504", "KeyError: 'peft_type'" },
        { "peft", "llama_qv", "r", "4", "TF5509", "RuntimeError: size mismatch: lora_A is (8, 64) in the file, but (4, 64) in the model" },
        { "peft", "llama_qv", "target_modules", "[\"q_proj\"]", "TF5531", "unexpected keys are ignored: target_modules does not name it" },
        {
            "peft",
            "llama_qv",
            "target_modules",
            "[\"q_proj\", \"v_proj\", \"k_proj\"]",
            "TF5572",
            "names model.layers.0.self_attn.k_proj, model.layers.1.self_attn.k_proj"
        },
        { "peft", "llama_qv", "target_modules", "\"all-linear\"", "TF5553", "makes adapters without effect for model.layers.0.mlp.down_proj" },
        { "peft", "llama_qv", "lora_dropout", "null", "TF5505", "TypeError: '>' not supported" },
        { "peft", "llama_qv", "lora_dropout", "-0.1", "TF5575", "makes no dropout" },
        { "peft", "llama_qv", "bias", "null", "TF5505", "AttributeError: null has no attribute 'endswith'" },
        { "peft", "llama_qv", "rank_pattern", "null", "TF5505", "AttributeError: 'NoneType' object has no attribute 'keys'" },
        { "peft", "llama_qv", "alpha_pattern", "null", "TF5505", "AttributeError: 'NoneType' object has no attribute 'keys'" },
        { "peft", "llama_qv", "rank_pattern", "{\"q_proj\": null}", "TF5505", "gives a rank that is no positive integer to model.layers.0.self_attn.q_proj" },
        { "peft", "llama_qv", "rank_pattern", "{\"nothing\": null}", "", "" },
        { "peft", "llama_qv", "alpha_pattern", "{\"q_proj\": 1e999}", "TF5532", "NaN or infinity is computed, for model.layers.0.self_attn.q_proj" },
        { "peft", "llama_qv", "megatron_config", "{\"a\": 1}", "TF5505", "ModuleNotFoundError: No module named 'megatron'" },
        { "peft", "qwen3_all", "target_modules", null, "TF5558", "PEFT takes its own for qwen3: q_proj, v_proj" },
        { "peft", "phi3_fused", "target_modules", null, "TF5504", "ValueError: Please specify target_modules or target_parameters" },
        { "peft", "llama_rslora", "init_lora_weights", "\"orthogonal\"", "", "" },
        { "peft", "qwen3_moe_params", "init_lora_weights", "\"pissa\"", "TF5505", "the module of packed experts has none" },
        { "peft", "llama_qv", "use_rslora", "\"false\"", "TF5570", "a string that is not empty is true in Python" },
        { "peft", "llama_qv", "lora_alpha", "true", "TF5570", "which Python multiplies by as 1" },
        { "peft", "llama_qv", "lora_alpha", "1e999", "TF5532", "NaN or infinity is computed" },
        { "peft", "llama_qv", "lora_alpha", "0", "TF5571", "is 0, so that nothing is added" },
        { "vllm", "llama_qv", "lora_alpha", "0", "TF5571", "the scale is 0" },
        { "sglang", "llama_qv", "lora_alpha", "1e999", "TF5532", "so that the model computes infinity or NaN" },
        { "peft", "llama_qv", "peft_type", "\"LOHA\"", "TF5531", "the method is LOHA, and the file has 12 factors of LoRA" },
        { "peft", "llama_qv", "peft_type", "\"ADALORA\"", "TF5505", "the method is ADALORA" },
        { "peft", "llama_qv", "layer_replication", "[[0, 2], [1, 2]]", "TF5575", "makes a model of 3 layers from the base's 3" },
        { "peft", "llama_qv", "layer_replication", "[[0, 1]]", "TF5531", "the model has no such module" },
        { "peft", "llama_qv", "layer_replication", "[[0, 9]]", "TF5505", "IndexError" },
        { "peft", "llama_qv", "modules_to_save", "[\"lm_head\"]", "TF5508", "KeyError: lm_head.weight" },
        { "peft", "llama_qv", "lora_alpha", null, "TF5558", "PEFT 0.21 takes 8" },
        { "peft", "llama_dora", "use_dora", "false", "TF5534", "lora_magnitude_vector is ignored" },
        { "peft", "mixtral_params", "lora_dropout", "0.1", "TF5506", "lora.ParamWrapper does not work with lora_dropout" },
        {
            "peft",
            "mixtral_per_expert",
            "target_modules",
            "[\"q_proj\", \"w1\", \"w2\"]",
            "TF5507",
            "Cannot convert PEFT target(s) w1 without also targeting w3"
        },
        { "peft", "mixtral_per_expert", "use_rslora", "true", "TF5532", "the root of 2" },
        { "peft", "qwen3_moe_square_alone", "peft_version", "\"0.18.1\"", "TF5537", "the other way round" },
        { "peft", "llama_qv", "init_lora_weights", "\"pissa\"", "TF5557", "changes the base weights in training and again" },
        { "peft", "mlx_llama_qv", "seed", "0", "TF5503", "this is an MLX folder" },

        // vLLM, PEFTHelper and LoRAModel.
        { "vllm", "llama_qv", "target_modules", null, "TF5504", "Missing required configuration fields: target_modules" },
        { "vllm", "llama_qv", "r", "64", "TF5511", "LoRA rank 64 is greater than max_lora_rank 16" },
        { "vllm", "llama_dora", "revision", "null", "TF5506", "vLLM does not yet support DoRA" },
        { "vllm", "llama_modules_to_save", "revision", "null", "TF5506", "vLLM only supports modules_to_save being None" },
        { "vllm", "llama_bias_lora_only", "revision", "null", "TF5506", "Adapter bias is not supported" },
        { "vllm", "llama_lora_bias", "revision", "null", "TF5508", "lora_B.bias is unsupported LoRA weight" },
        { "vllm", "llama_rank_pattern", "revision", "null", "TF5532", "scale 2 instead of 4" },
        { "vllm", "qwen3_moe_square_alone", "revision", "null", "TF5537", "is taken for down_proj, and it belongs to gate_up_proj" },

        // SGLang, LoRAConfig, LoRAManager and LoRAAdapter.
        { "sglang", "llama_dora", "revision", "null", "TF5506", "doesn't support DoRA adapters" },
        { "sglang", "llama_rank_pattern", "revision", "null", "TF5506", "has another value than the config" },
        { "sglang", "llama_rslora", "revision", "null", "TF5532", "use_rslora is not read" },
        { "sglang", "llama_regex_target", "revision", "null", "TF5505", "SGLang does not recognize target_modules" },
        { "sglang", "llama_modules_to_save", "revision", "null", "TF5531", "has no slot" },
        { "sglang", "mixtral_params", "revision", "null", "TF5531", "packed experts" },
        { "sglang", "adalora", "revision", "null", "TF5506", "AssertionError: peft_type is not lora" },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void Speaks_as_the_reader_does(string reader, string name, string path, string? json, string code, string message)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using AdapterCopy copy = AdapterCopy.Of(fixture);
        copy.Set(path, json);
        CheckResult result = ReaderRun.Check(copy.Save(), reader, ReaderRun.BaseFor(reader, fixture));
        if (code.Length == 0)
        {
            Assert.Empty(result.Findings);
            return;
        }

        Assert.True(
            result.Findings.Any(
                finding => finding.Code.Id == code
                    && finding.Message.StartsWith(reader + ": ", StringComparison.Ordinal)
                    && finding.Message.Contains(message, StringComparison.Ordinal)),
            string.Join('\n', result.Findings));
    }

    [Fact]
    public void Verdicts_follow_from_the_codes()
    {
        Assert.All(
            CheckCodes.Silent,
            code =>
                Assert.True(
                    code.Severity == Severity.Error && (code.Id.StartsWith("TF553", StringComparison.Ordinal) || code.Id is "TF5570" or "TF5571" or "TF5572")));
        Assert.All(
            CheckCodes.All,
            code => Assert.Equal(code.Id.StartsWith("TF555", StringComparison.Ordinal) || code.Id is "TF5565" or "TF5575", code.Severity != Severity.Error));
        Assert.Equal(12, CheckCodes.Silent.Count);
    }
}
