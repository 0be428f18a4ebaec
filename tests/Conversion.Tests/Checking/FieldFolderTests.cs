using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Readers;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Checking;

/// <summary>Folders as people have them (tests/fixtures/field) before the readers that they were meant for.</summary>
public class FieldFolderTests
{
    private static readonly string Field = Path.Combine(Fixtures.Root, "field");

    /// <summary>Folder, base below the fixtures (empty: none), reader, verdict, a code and a part of its message.</summary>
    public static TheoryData<string, string, string, CheckVerdict, string, string> Folders { get; } = new()
    {
        { "alpha_zero/in", "bases/llama", "peft", CheckVerdict.LoadsWrongly, "TF5571", "nothing is added" },
        { "alpha_zero/in", "bases/llama", "vllm", CheckVerdict.LoadsWrongly, "TF5571", "the scale is 0" },
        { "alpha_zero/in", "bases/llama", "sglang", CheckVerdict.LoadsWrongly, "TF5571", "the scale is 0" },
        { "alpha_zero/in", "bases/llama", "mlx-swift", CheckVerdict.LoadsWrongly, "TF5571", "the scale is 0" },
        { "no_tensors/in/a", "bases/llama", "peft", CheckVerdict.LoadsWrongly, "TF5571", "has no tensor" },
        { "no_tensors/in/a", "bases/llama", "vllm", CheckVerdict.LoadsWrongly, "TF5571", "has no tensor" },
        { "no_tensors/in/a", "bases/llama", "sglang", CheckVerdict.LoadsWrongly, "TF5571", "has no tensor" },
        { "no_tensors/in/a", "bases/llama", "mlx-swift", CheckVerdict.LoadsWrongly, "TF5571", "has no tensor" },
        { "no_tensors/in/a", "", "peft", CheckVerdict.LoadsWrongly, "TF5571", "has no tensor" },
        { "nested_base_layer/in", "bases/llama", "vllm", CheckVerdict.LoadsWrongly, "TF5531", "never applied" },
        { "nested_base_layer/in", "bases/llama", "sglang", CheckVerdict.LoadsWrongly, "TF5531", "no module has" },
        { "nested_base_layer/in", "bases/llama", "peft", CheckVerdict.LoadsWrongly, "TF5531", "a base_layer too many" },
        { "vl_base_text_keys/in", "field/vl_base_text_keys/base", "vllm", CheckVerdict.LoadsWrongly, "TF5531", "no rule for a bare model." },
        { "vl_base_text_keys/in", "field/vl_base_text_keys/base", "sglang", CheckVerdict.LoadsWrongly, "TF5531", "no rule for a bare model." },
        { "vl_base_text_keys/in", "field/vl_base_text_keys/base", "peft", CheckVerdict.Loads, "", "" },
        { "vision_and_language/in/vision", "field/vision_and_language/base", "peft", CheckVerdict.Loads, "TF5555", "not compared" },
        { "vision_and_language/in/vision", "field/vision_and_language/base", "vllm", CheckVerdict.Loads, "TF5555", "not compared" },
        { "vision_too/in", "field/vision_too/base", "peft", CheckVerdict.Loads, "TF5555", "not compared" },
        { "vision_too/in", "field/vision_too/base", "vllm", CheckVerdict.Loads, "TF5555", "not compared" },
        { "mangled_names/in", "bases/llama", "peft", CheckVerdict.LoadsWrongly, "TF5531", "unexpected keys are ignored" },
        { "mangled_names/in", "bases/llama", "vllm", CheckVerdict.Fails, "TF5508", "unsupported LoRA weight" },
        { "original_module/in", "bases/llama", "peft", CheckVerdict.Fails, "TF5508", "KeyError: model.embed_tokens.weight" },
        { "damage/03-check-no-tensors/adapter", "bases-mlx/llama", "mlx-lm", CheckVerdict.LoadsWrongly, "TF5571", "has no tensor" },
        { "damage/03-check-no-tensors/adapter", "", "mlx-lm", CheckVerdict.LoadsWrongly, "TF5571", "has no tensor" },
        { "damage/04-check-nested-folder/adapter", "bases-mlx/llama", "mlx-lm", CheckVerdict.Fails, "TF5501", "FileNotFoundError" },
        { "damage/04-check-nested-folder/adapter", "", "mlx-vlm", CheckVerdict.Fails, "TF5501", "sub-folder sub" },
        { "damage/04-check-nested-folder/adapter", "", "unsloth", CheckVerdict.Fails, "TF5501", "sub-folder sub" },
        {
            "damage/05-check-dora-quantized/dora_tensors_on_quantized_embedding",
            "bases-mlx/llama-q8",
            "mlx-lm",
            CheckVerdict.Fails,
            "TF5509",
            "adapter shape (8, 64) does not match model parameter shape (8, 16)"
        },
        { "damage/09-check-nan-scale/adapter", "bases-mlx/llama", "mlx-lm", CheckVerdict.LoadsWrongly, "TF5532", "infinity or NaN" },
        { "damage/09-check-nan-scale/adapter", "", "mlx-lm", CheckVerdict.LoadsWrongly, "TF5532", "infinity or NaN" },
        { "damage/10-holes-unsaid/adapter", "bases-mlx/llama-q4", "mlx-lm", CheckVerdict.Loads, "TF5553", "wraps model.layers.1 too" },
    };

    [Theory]
    [MemberData(nameof(Folders))]
    public void Says_what_the_reader_does(string folder, string baseFolder, string reader, CheckVerdict verdict, string code, string message)
    {
        CheckResult result = ReaderRun.Check(Path.Combine(Field, folder), reader, baseFolder.Length == 0 ? null : Path.Combine(Fixtures.Root, baseFolder));
        Assert.True(verdict == result.Verdict, $"{result.Verdict}: {string.Join('\n', result.Findings)}");
        Assert.True(
            code.Length == 0 || result.Findings.Any(finding => finding.Code.Id == code && finding.Message.Contains(message, StringComparison.Ordinal)),
            string.Join('\n', result.Findings));
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(5, true)]
    [InlineData(6, true)]
    [InlineData(4, false)]
    [InlineData(8, false)]
    public void Dora_has_no_place_on_3_5_and_6_bits(int bits, bool isRefused)
    {
        using var folder = new TemporaryFolder();
        const string Config = """{"model_type": "llama", "hidden_size": 96, "num_hidden_layers": 4, "num_attention_heads": 4, "quantization": {"group_size": 32, "bits": BITS}}""";
        File.WriteAllText(folder["config.json"], Config.Replace("BITS", $"{bits}", StringComparison.Ordinal));
        CheckResult result = ReaderRun.Check(Path.Combine(Field, "damage/05-check-dora-quantized/dora_on_3_bits"), "mlx-lm", folder.Path);
        Assert.Equal(isRefused ? CheckVerdict.Fails : CheckVerdict.Loads, result.Verdict);
        Assert.Equal(isRefused, result.Findings.Any(finding => finding.Code.Id == "TF5509" && finding.Subject.EndsWith(".lora_a", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_rule_for_a_bare_model_makes_text_names_right()
    {
        CheckResult Check(string modelType) => CheckWith(modelType, "vllm");
        Assert.Contains(
            Check("qwen3_vl").Findings.Concat(Check("gemma3").Findings),
            finding => finding.Message.Contains("no rule for a bare model.", StringComparison.Ordinal));
        foreach (string modelType in new[] { "qwen2_vl", "qwen2_5_vl", "gemma4", "gemma3n", "qwen3_5_text", "qwen3" })
        {
            Assert.DoesNotContain(Check(modelType).Findings, finding => finding.Message.Contains("no rule for a bare model.", StringComparison.Ordinal));
        }
    }

    private static CheckResult CheckWith(string modelType, string reader)
    {
        using IAdapterSource source = AdapterSource.Open(Fixtures.Case("llama_qv").AdapterFolder);
        return AdapterChecker.Check(source, TargetProfile.Find(reader)!, new CheckOptions { ModelType = modelType }, TestContext.Current.CancellationToken);
    }
}
