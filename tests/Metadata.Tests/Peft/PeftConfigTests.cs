using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Peft;

namespace Transfuse.Metadata.Tests.Peft;

public class PeftConfigTests
{
    public static TheoryData<string, string> Odd => new()
    {
        { "{}", "error TF3101 adapter_config.json:peft_type: is missing" },
        { "{\"init_r\":12,\"r\":8,\"lora_alpha\":8}", "error TF3101 adapter_config.json:peft_type: is missing" },
        { "{\"r\":8,\"lora_alpha\":8}", "warning TF3102 adapter_config.json:peft_type: is missing beside r or lora_alpha" },
        { "{\"peft_type\":\"lora\",\"r\":8,\"lora_alpha\":8}", "warning TF3102 adapter_config.json:peft_type: is the string \"lora\"" },
        { "{\"peft_type\":\"LORAX\"}", "error TF3103 adapter_config.json:peft_type: is the string \"LORAX\"" },
        { "{\"peft_type\":1}", "error TF3001 adapter_config.json:peft_type: is 1, but a string belongs there" },
        { Lora("\"lora_alpha\":8"), "warning TF3104 adapter_config.json:r: is missing; 8 is assumed" },
        { Lora("\"lora_alpha\":8,\"r\":null"), "warning TF3104 adapter_config.json:r: is null, which PEFT refuses; 8 is assumed" },
        { Lora("\"lora_alpha\":8,\"r\":0"), "error TF3106 adapter_config.json:r: is 0" },
        { Lora("\"lora_alpha\":8,\"r\":-4"), "error TF3106 adapter_config.json:r: is -4" },
        { Lora("\"lora_alpha\":8,\"r\":16.0"), "warning TF3003 adapter_config.json:r: is 16.0, but an integer belongs there; it is taken as that" },
        { Lora("\"lora_alpha\":8,\"r\":16.5"), "error TF3001 adapter_config.json:r: is 16.5, but an integer belongs there" },
        { Lora("\"lora_alpha\":8,\"r\":true"), "warning TF3004 adapter_config.json:r: is true, but an integer belongs there; it is taken as that" },
        { Lora("\"lora_alpha\":8,\"r\":4294967296"), "error TF3005 adapter_config.json:r: is 4294967296, but -2147483648 to 2147483647 belongs there" },
        { Lora("\"r\":8"), "warning TF3105 adapter_config.json:lora_alpha: is missing; PEFT 0.21 takes 8, which is assumed" },
        { Lora("\"r\":8,\"lora_alpha\":null"), "error TF3001 adapter_config.json:lora_alpha: is null, but a finite number belongs there" },
        { Lora("\"r\":8,\"lora_alpha\":NaN"), "error TF3002 adapter_config.json:lora_alpha: is NaN, but a finite number belongs there" },
        { Lora("\"r\":8,\"lora_alpha\":\"16\""), "error TF3001 adapter_config.json:lora_alpha: is the string \"16\", but a finite number belongs there" },
        { Lora("\"r\":8,\"lora_alpha\":0"), "warning TF3107 adapter_config.json:lora_alpha: is 0" },
        { Plain("\"lora_dropout\":1.5"), "warning TF3165 adapter_config.json:lora_dropout: is 1.5, but 0 to 1 belongs there; 0 is taken, and PEFT uses it in "
            + "training only" },
        { Plain("\"lora_dropout\":0.1,\"target_parameters\":[\"w\"]"), "warning TF3119 adapter_config.json:lora_dropout: is 0.1 beside target_parameters" },
        { Plain("\"use_rslora\":1"), "warning TF3004 adapter_config.json:use_rslora: is 1, but true or false belongs there; it is taken as that" },
        { Plain("\"use_rslora\":\"false\""), "error TF3001 adapter_config.json:use_rslora: is the string \"false\", but true or false belongs there" },
        { Plain("\"enable_lora\":[true,false,true]"), "error TF3108 adapter_config.json:enable_lora: is a list" },
        { Plain("\"task_type\":\"CAUSAL\""), "warning TF3109 adapter_config.json:task_type: is the string \"CAUSAL\"" },
        { Plain("\"bias\":\"some\""), "error TF3110 adapter_config.json:bias: is the string \"some\"" },
        { Plain("\"init_lora_weights\":\"kaiming\""), "error TF3111 adapter_config.json:init_lora_weights: is the string \"kaiming\"" },
        { Plain("\"init_lora_weights\":1"), "error TF3001 adapter_config.json:init_lora_weights: is 1, but true, false or a string belongs there" },
        { Plain("\"peft_version\":\"newest\""), "warning TF3112 adapter_config.json:peft_version: is the string \"newest\"" },
        {
            Plain("\"target_modules\":\".*q\",\"layers_to_transform\":[0]"),
            "error TF3113 adapter_config.json:layers_to_transform: stands beside target_modules \".*q\""
        },
        {
            Plain("\"target_modules\":\"all-linear\",\"layers_pattern\":\"h\""),
            "error TF3113 adapter_config.json:layers_pattern: stands beside target_modules \"all-linear\""
        },
        {
            Plain("\"target_modules\":\".*q\",\"layers_to_transform\":[]"),
            "error TF3113 adapter_config.json:layers_to_transform: stands beside target_modules \".*q\""
        },
        { Plain("\"layers_pattern\":[\"h\"]"), "error TF3114 adapter_config.json:layers_pattern: stands without layers_to_transform" },
        { Plain("\"use_dora\":true,\"megatron_config\":{\"a\":1}"), "error TF3115 adapter_config.json:use_dora: stands beside megatron_config" },
        {
            Plain("\"init_lora_weights\":\"loftq\",\"loftq_config\":{}"),
            "error TF3116 adapter_config.json:init_lora_weights: is \"loftq\" without loftq_config"
        },
        { Plain("\"lora_bias\":true,\"use_dora\":true"), "error TF3117 adapter_config.json:lora_bias: stands beside use_dora" },
        {
            Plain("\"lora_bias\":true,\"init_lora_weights\":\"gaussian\""),
            "error TF3117 adapter_config.json:lora_bias: stands beside init_lora_weights \"gaussian\""
        },
        {
            Plain("\"use_dora\":true,\"alora_invocation_tokens\":[1]"),
            "error TF3118 adapter_config.json:use_dora: is on together with alora_invocation_tokens"
        },
        {
            Plain("\"use_dora\":true,\"init_lora_weights\":\"mica\""),
            "error TF3118 adapter_config.json:use_dora: is on together with init_lora_weights \"mica\""
        },
        { Plain("\"foo\":1,\"bar\":null"), "info TF3006 adapter_config.json: PEFT 0.21 does not know foo, bar" },
        { Plain("\"target_modules\":7"), "error TF3001 adapter_config.json:target_modules: is 7, but a string or a list of strings belongs there" },
        {
            Plain("\"target_modules\":[\"q\",1]"),
            "error TF3001 adapter_config.json:target_modules: is a list, but a string or a list of strings belongs there"
        },
        { Plain("\"exclude_modules\":{}"), "error TF3001 adapter_config.json:exclude_modules: is an object, but a string or a list of strings belongs there" },
        {
            Plain("\"target_parameters\":\"w\""),
            "error TF3001 adapter_config.json:target_parameters: is the string \"w\", but a list of strings belongs there"
        },
        {
            Plain("\"modules_to_save\":\"lm_head\""),
            "error TF3001 adapter_config.json:modules_to_save: is the string \"lm_head\", but a list of strings belongs there"
        },
        { Plain("\"layers_to_transform\":[0,\"1\"]"), "error TF3001 adapter_config.json:layers_to_transform: is a list, but a list of integers belongs there" },
        { Plain(
            "\"layers_to_transform\":1.0"), "warning TF3003 adapter_config.json:layers_to_transform: is 1.0, but an integer belongs there; it is taken as "
            + "that" },
        { Plain("\"rank_pattern\":[]"), "error TF3001 adapter_config.json:rank_pattern: is an empty list, but an object belongs there" },
        { Plain("\"rank_pattern\":{\"q\":0}"), "error TF3106 adapter_config.json:rank_pattern:q: is 0" },
        { Plain("\"rank_pattern\":{\"q\":\"4\"}"), "error TF3001 adapter_config.json:rank_pattern:q: is the string \"4\", but an integer belongs there" },
        { Plain("\"alpha_pattern\":{\"q\":Infinity}"), "error TF3002 adapter_config.json:alpha_pattern:q: is Infinity, but a finite number belongs there" },
        { Plain("\"alpha_pattern\":{\"q\":0}"), "warning TF3107 adapter_config.json:alpha_pattern:q: is 0" },
        {
            Plain("\"layer_replication\":3"),
            "error TF3001 adapter_config.json:layer_replication: is 3, but a list of ranges, each of two integers, belongs there"
        },
        {
            Plain("\"trainable_token_indices\":{\"e\":[\"a\"]}"),
            "error TF3001 adapter_config.json:trainable_token_indices: is an object, but a list of integers, or an object of such lists, belongs there"
        },
    };

    [Theory]
    [MemberData(nameof(Odd))]
    public void Reports_each_cause_once(string json, string finding)
    {
        var log = new FindingLog();
        PeftConfig.Parse(Fixtures.Parse(json), "adapter_config.json").Into(log);
        Assert.Equal([finding], log.ToSorted().Select(found => found.ToString()));
    }

    [Fact]
    public void Warns_of_settings_of_a_later_PEFT()
    {
        const string Fields = "\"new_config\":{\"a\":1},\"new_flag\":false,\"new_list\":[],\"new_name\":\"\",\"new_number\":0,\"new_null\":null";
        Parse(Plain($"\"peft_version\":\"0.22.0\",{Fields}"), out FindingLog log);
        Assert.Equal(
            [
                "warning TF3007 adapter_config.json: PEFT 0.22.0 set new_config",
                "info TF3006 adapter_config.json: PEFT 0.21 does not know new_config, new_flag, new_list, new_name, new_number, new_null",
            ],
            log.ToSorted().Select(finding => finding.ToString()));
        Parse(Plain($"\"peft_version\":\"0.21.0\",{Fields}"), out log);
        Assert.Equal(["TF3006"], log.ToSorted().Select(finding => finding.Code.Id));
    }

    [Fact]
    public void Takes_what_PEFT_takes_where_a_field_is_missing()
    {
        PeftConfig config = Parse("{\"peft_type\":\"LORA\"}", out FindingLog log);
        Assert.Equal(["TF3104", "TF3105"], log.ToSorted().Select(finding => finding.Code.Id));
        Assert.Equal((8, 8.0, 0.0, false, false, "none"), (config.Rank, config.Alpha, config.Dropout, config.UseRslora, config.FanInFanOut, config.Bias));
        Assert.Equal(PeftModuleSelectorKind.ModelDefault, config.TargetModules.Kind);
        Assert.Equal(PeftModuleSelectorKind.None, config.ExcludeModules.Kind);
        Assert.Equal((true, "true"), (config.IsLora, config.Init.Name));
        Assert.Null(config.TargetParameters);
        Assert.Null(config.LayersToTransform);
        Assert.Null(config.Version);
        Assert.Empty(config.Variants.Active());
    }

    [Fact]
    public void Reads_every_field_and_keeps_the_raw_one()
    {
        PeftConfig config = Parse(
            """
            {"peft_type":"LORA","task_type":"CAUSAL_LM","base_model_name_or_path":"org/base","revision":"main","inference_mode":true,"auto_mapping":{"a":"b"},"peft_version":"0.20.0",
             "r":4,"lora_alpha":12.50,"lora_dropout":0.05,"use_rslora":true,"fan_in_fan_out":true,"bias":"all","target_modules":["v","q"],"exclude_modules":"x.*","target_parameters":["w"],
             "modules_to_save":["lm_head","lm_head"],"layers_to_transform":2,"layers_pattern":"h","rank_pattern":{"b":2,"a":3},"alpha_pattern":{"c":1.5,"a":2},"init_lora_weights":"gaussian",
             "qalora_group_size":32,"trainable_token_indices":{"embed_tokens":[1,2]},"layer_replication":[],"ensure_weight_tying":true,"megatron_core":"m","runtime_config":{"x":1},
             "loftq_config":{},"eva_config":{"rho":2},"corda_config":{},"lora_ga_config":{},"merge_weights":false,"enable_lora":null,"custom":1e-05}
            """,
            out FindingLog log);
        Assert.Equal(["TF3119", "TF3006"], log.ToSorted().Select(finding => finding.Code.Id));
        Assert.Equal(
            ("LORA", "CAUSAL_LM", "org/base", "main", "0.20.0"), (config.PeftType, config.TaskType, config.BaseModel, config.Revision, config.Version!.Text));
        Assert.Equal((4, 12.5, 0.05, true, true, "all"), (config.Rank, config.Alpha, config.Dropout, config.UseRslora, config.FanInFanOut, config.Bias));
        Assert.Equal(
            (PeftModuleSelectorKind.List, PeftModuleSelectorKind.Pattern, "x.*"),
            (config.TargetModules.Kind, config.ExcludeModules.Kind, config.ExcludeModules.Pattern));
        Assert.Equal(["v", "q"], config.TargetModules.Items);
        Assert.Equal(["w"], config.TargetParameters!.Value);
        Assert.Equal(["lm_head", "lm_head"], config.ModulesToSave);
        Assert.Equal([2], config.LayersToTransform!.Value);
        Assert.Equal(["h"], config.LayersPattern);
        Assert.Equal([new("b", 2), new("a", 3)], config.RankPattern);
        Assert.Equal([new("c", 1.5), new("a", 2)], config.AlphaPattern);
        Assert.Equal(new PeftInit("gaussian", ChangesBase: false, IsKnown: true), config.Init);
        Assert.True(config.Variants.EnsureWeightTying);
        Assert.NotNull(config.Variants.TrainableTokenIndices);
        Assert.Null(config.Variants.LoftqConfig);
        Assert.Null(config.Variants.LayerReplication);
        Assert.Equal(["custom"], config.UnknownFields);
        Assert.Equal("1e-05", ((Formats.Json.JsonNumber)config.Source["custom"]!).Text);
    }

    [Theory]
    [InlineData("null", nameof(PeftModuleSelectorKind.ModelDefault))]
    [InlineData("[]", nameof(PeftModuleSelectorKind.List))]
    [InlineData("\"all-linear\"", nameof(PeftModuleSelectorKind.AllLinear))]
    [InlineData("\"ALL-Linear\"", nameof(PeftModuleSelectorKind.AllLinear))]
    [InlineData("\"q_proj\"", nameof(PeftModuleSelectorKind.Pattern))]
    [InlineData("[\"all-linear\"]", nameof(PeftModuleSelectorKind.List))]
    public void Tells_kinds_of_targets_apart(string json, string kind) =>
        Assert.Equal(kind, Parse(Plain($"\"target_modules\":{json}"), out _).TargetModules.Kind.ToString());

    [Fact]
    public void No_target_modules_beside_target_parameters_means_none()
    {
        Assert.Equal(PeftModuleSelectorKind.None, Parse(Plain("\"target_modules\":null,\"target_parameters\":[]"), out _).TargetModules.Kind);
        Assert.Equal(PeftModuleSelectorKind.None, Parse(Plain("\"exclude_modules\":\"\""), out _).ExcludeModules.Kind);
    }

    [Theory]
    [InlineData("true", "true", false)]
    [InlineData("null", "false", false)]
    [InlineData("\"pissa\"", "pissa", true)]
    [InlineData("\"pissa_niter_16\"", "pissa_niter_16", true)]
    [InlineData("\"OLoRA\"", "OLoRA", true)]
    [InlineData("\"corda\"", "corda", true)]
    [InlineData("\"lora_ga\"", "lora_ga", true)]
    [InlineData("\"loftq\"", "loftq", true)]
    [InlineData("\"eva\"", "eva", false)]
    [InlineData("\"Gaussian\"", "Gaussian", false)]
    [InlineData("\"mica\"", "mica", false)]
    [InlineData("\"orthogonal\"", "orthogonal", false)]
    public void Tells_which_initialisations_change_the_base(string json, string name, bool changes)
    {
        PeftInit init = Parse(Plain($"\"init_lora_weights\":{json},\"loftq_config\":{{\"loftq_bits\":4}}"), out FindingLog log).Init;
        Assert.Equal((name, changes, true), (init.Name, init.ChangesBase, init.IsKnown));
        Assert.Equal(0, log.Count);
    }

    [Fact]
    public void Other_methods_are_read_only_as_far_as_all_methods_agree()
    {
        PeftConfig config = Parse(
            "{\"peft_type\":\"ADALORA\",\"r\":4,\"rank_pattern\":{\"a.lora_E\":[true]},\"base_model_name_or_path\":\"\"}", out FindingLog log);
        Assert.Equal(0, log.Count);
        Assert.Equal(("ADALORA", false, 8, null), (config.PeftType, config.IsLora, config.Rank, config.BaseModel));
    }

    [Fact]
    public void Every_config_that_PEFT_wrote_is_read_without_a_finding()
    {
        int lora = 0;
        int others = 0;
        foreach (string folder
            in Directory.EnumerateDirectories(Fixtures.Root).Where(folder => File.Exists(Path.Combine(folder, "peft", "adapter_config.json"))))
        {
            var log = new FindingLog();
            var json = (Formats.Json.JsonObject)Fixtures.Json("fixtures", Path.GetFileName(folder), "peft", "adapter_config.json");
            PeftConfig config = PeftConfig.Parse(json, "adapter_config.json").Into(log);
            Assert.Empty(log.ToSorted());
            log.AddRange(PeftMaths.Of(config));
            Assert.Equal(0, log.Count);
            lora += config.IsLora ? 1 : 0;
            others += config.IsLora ? 0 : 1;
        }

        Assert.Equal((33, 5), (lora, others));
    }

    [Theory]
    [InlineData(
        "\"init_lora_weights\":\"pissa\"",
        "error TF3301 adapter_config.json:init_lora_weights: is \"pissa\": the base weights were changed before training, and the adapter is relative to "
        + "those; PEFT makes plain LoRA of it with path_initial_model_for_weight_conversion")]
    [InlineData(
        "\"kasa_config\":{}",
        "error TF3301 adapter_config.json:kasa_config: is set: the base weights were truncated, and lora_diag stands between the factors; merge it in PEFT")]
    [InlineData(
        "\"alora_invocation_tokens\":[1,2]", "error TF3302 adapter_config.json:alora_invocation_tokens: is set: the adapter acts only after certain tokens")]
    [InlineData("\"arrow_config\":{}", "error TF3302 adapter_config.json:arrow_config: is set: the model chooses between several adapters while it runs")]
    [InlineData("\"use_bdlora\":{}", "error TF3302 adapter_config.json:use_bdlora: is set: the factors are packed blocks of a block-diagonal matrix")]
    [InlineData("\"use_qalora\":true", "error TF3302 adapter_config.json:use_qalora: is set: the input is pooled in groups before lora_A")]
    [InlineData(
        "\"layer_replication\":[[0,4],[2,5]]",
        "error TF3303 adapter_config.json:layer_replication: has 2 ranges: layer numbers are those of a model with repeated layers")]
    [InlineData("\"velora_config\":{},\"init_lora_weights\":\"eva\",\"use_dora\":false", null)]
    public void Reports_what_plain_LoRA_cannot_express(string field, string? finding)
    {
        PeftConfig config = Parse(Plain(field), out FindingLog log);
        Assert.Equal(0, log.Count);
        log.AddRange(PeftMaths.Of(config));
        Assert.Equal(finding is null ? [] : [finding], log.ToSorted().Select(found => found.ToString()));
    }

    [Fact]
    public void An_ambiguous_alpha_can_be_allowed_and_a_wrong_type_cannot()
    {
        Assert.True(ConfigCodes.AlphaAmbiguous.CanBeAllowed);
        Assert.False(ConfigCodes.WrongType.CanBeAllowed);
    }

    [Fact]
    public void Random_values_in_any_field_never_throw()
    {
        string[] fields =
        [
            .. ((Formats.Json.JsonObject)Fixtures.Json("fixtures", "llama_qv", "peft", "adapter_config.json")).Members.Select(member => member.Key),
            "enable_lora", "runtime_config",
        ];
        string[] values =
        [
            "null", "true", "0", "-1", "8.0", "NaN", "1e999", "1e30", "\"\"", "\"LORA\"", "\"(\"", "[]", "[1]", "[\"q\"]", "[null]", "{}", "{\"a\":1}",
            "{\"a\":[]}", "{\"(\":NaN}",
        ];
        var random = new Random(3);
        for (int round = 0; round < 3000; round++)
        {
            var chosen = fields.Where(_ => random.Next(4) == 0)
                .Where(field => field != "peft_type")
                .Select(field => $"\"{field}\":{values[random.Next(values.Length)]}");
            PeftConfig config = Parse("{" + string.Join(',', chosen.Append("\"peft_type\":\"LORA\"")) + "}", out FindingLog log);
            log.AddRange(PeftMaths.Of(config));
            Assert.True(config.Rank > 0 && double.IsFinite(config.Alpha) && config.Dropout is >= 0 and <= 1);
        }
    }

    private static string Lora(string fields) => $"{{\"peft_type\":\"LORA\",{fields}}}";

    private static string Plain(string fields) => Lora("\"r\":8,\"lora_alpha\":16," + fields);

    private static PeftConfig Parse(string json, out FindingLog log)
    {
        log = new FindingLog();
        return PeftConfig.Parse(Fixtures.Parse(json), "adapter_config.json").Into(log);
    }
}
