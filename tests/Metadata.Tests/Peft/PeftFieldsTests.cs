using System.Text;
using Transfuse.Formats.Json;
using Transfuse.Metadata.Peft;

namespace Transfuse.Metadata.Tests.Peft;

public class PeftFieldsTests
{
    // Fields, defaults and first versions as PEFT 0.21's source and its history have them (config.py, tuners/lora/config.py), copied by hand.
    private const string Recorded = """
        peft_type 0 -
        task_type 0 null
        base_model_name_or_path 0 null
        revision 5 null
        inference_mode 0 false
        auto_mapping 5 null
        peft_version 18 -
        r 0 8
        target_modules 0 null
        exclude_modules 14 null
        lora_alpha 0 8
        lora_dropout 0 0.0
        fan_in_fan_out 0 false
        bias 0 "none"
        use_rslora 8 false
        modules_to_save 1 null
        init_lora_weights 3 true
        layers_to_transform 4 null
        layers_pattern 4 null
        rank_pattern 6 {}
        alpha_pattern 6 {}
        megatron_config 7 null
        megatron_core 7 "megatron.core"
        loftq_config 7 {}
        use_dora 9 false
        layer_replication 10 null
        runtime_config 12 -
        lora_bias 14 false
        eva_config 14 null
        trainable_token_indices 15 null
        corda_config 15 null
        use_qalora 16 false
        qalora_group_size 16 16
        target_parameters 17 null
        alora_invocation_tokens 18 null
        arrow_config 18 null
        ensure_weight_tying 18 false
        lora_ga_config 19 null
        use_bdlora 19 null
        velora_config 20 null
        monteclora_config 20 null
        kasa_config 21 null
        merge_weights 0 -
        enable_lora 0 -
        """;

    [Fact]
    public void Rows_are_those_of_the_recorded_reference()
    {
        string[] expected = Recorded.ReplaceLineEndings("\n").Split('\n');
        Assert.Equal(44, expected.Length);
        Assert.Equal(
            expected.Order(StringComparer.Ordinal),
            PeftFields.All.Select(field => $"{field.Name} {field.Since} {Text(field.Default)}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Null_is_allowed_exactly_where_it_is_the_default() =>
        Assert.All(PeftFields.All, field => Assert.True(
            field.Is(PeftFieldTraits.MayBeNull) == (field.Default is JsonNull) || field.Name == "megatron_core", field.Name));

    [Fact]
    public void Defaults_and_mended_values_are_of_the_field_s_kind() => Assert.All(PeftFields.All, field =>
    {
        Assert.True(field.Default is null or JsonNull || field.Accepts(field.Default), field.Name);
        Assert.True(field.Mending?.Value is null or JsonNull || field.Accepts(field.Mending.Value), field.Name);
    });

    [Fact]
    public void What_no_tensor_tells_has_a_default() =>
        Assert.Equal(8, PeftFields.With(PeftFieldTraits.Untold).Count(field => field.Default is not null));

    [Theory]
    [InlineData("r", "8.0", true)]
    [InlineData("r", "\"8\"", false)]
    [InlineData("lora_dropout", "1.5", false)]
    [InlineData("lora_dropout", "true", true)]
    [InlineData("use_dora", "1", true)]
    [InlineData("use_dora", "\"true\"", false)]
    [InlineData("target_modules", "\".*\"", true)]
    [InlineData("target_modules", "[1]", false)]
    [InlineData("target_parameters", "\"a\"", false)]
    [InlineData("layers_to_transform", "3", true)]
    [InlineData("layers_to_transform", "[0, 1]", true)]
    [InlineData("layers_to_transform", "[0.5]", false)]
    [InlineData("layer_replication", "[[0, 2]]", true)]
    [InlineData("layer_replication", "[[0]]", false)]
    [InlineData("trainable_token_indices", "{\"embed_tokens\": [1]}", true)]
    [InlineData("trainable_token_indices", "{\"embed_tokens\": 1}", false)]
    [InlineData("task_type", "\"CAUSAL_LM\"", true)]
    [InlineData("task_type", "\"causal_lm\"", false)]
    [InlineData("peft_version", "\"0.18.0\"", true)]
    [InlineData("peft_version", "\"new\"", false)]
    [InlineData("megatron_config", "{}", false)]
    [InlineData("init_lora_weights", "\"pissa\"", true)]
    [InlineData("init_lora_weights", "1", false)]
    [InlineData("auto_mapping", "[]", false)]
    [InlineData("alora_invocation_tokens", "[1, 2]", true)]
    public void A_value_belongs_there_or_not(string field, string json, bool belongs) =>
        Assert.Equal(belongs, PeftFields.Find(field)!.Accepts(Fixtures.Parse($"{{\"x\":{json}}}")["x"]!));

    private static string Text(JsonValue? value) =>
        value is null
            ? "-"
            : Encoding.UTF8.GetString(PythonJson.Write(new JsonObject([new("x", value)]), PythonJsonStyle.Peft)).Split(':', 2)[1].Trim(' ', '\n')[..^1].Trim();
}
