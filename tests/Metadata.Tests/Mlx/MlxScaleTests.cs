using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Metadata.Tests.Mlx;

public class MlxScaleTests
{
    private const string Old = "\"lora_layers\":16,\"lora_parameters\":{\"rank\":8,\"alpha\":16,\"scale\":10.0}";
    private const string Vlm = "{\"rank\":4,\"alpha\":16.0,\"dropout\":0.0}";

    [Theory]

    // Current: the scale is final, whatever alpha stands beside it.
    [InlineData("{\"fine_tune_type\":\"lora\",\"num_layers\":16,\"lora_parameters\":{\"rank\":8,\"scale\":20.0}}", 20)]
    [InlineData("{\"fine_tune_type\":\"lora\",\"num_layers\":16,\"lora_parameters\":{\"rank\":8,\"alpha\":16,\"scale\":10.0}}", 10)]
    [InlineData("{\"lora_parameters\":{\"scale\":3}}", 3)]
    [InlineData("{\"lora_parameters\":{\"scale\":\"3.5\"}}", 3.5)]

    // lora_layers without alpha: old code would have failed otherwise.
    [InlineData("{\"lora_layers\":16,\"use_dora\":true,\"lora_parameters\":{\"rank\":8,\"scale\":10.0}}", 10)]

    // lora_layers with alpha and no use_dora: before 0.13.1.
    [InlineData("{" + Old + "}", 20)]

    // Unsloth's copy stands in.
    [InlineData("{\"unsloth_mlx_lora_module_paths\":[],\"lora_parameters\":{\"scale\":2.0},\"scale\":2.0}", 2)]
    [InlineData("{\"unsloth_mlx_lora_module_paths\":[],\"lora_parameters\":null,\"scale\":2.5}", 2.5)]
    [InlineData("{\"unsloth_mlx_lora_module_paths\":[],\"lora_parameters\":{\"scale\":\"NaN\"},\"scale\":2.5}", 2.5)]
    public void Configs_that_tell(string config, double expected)
    {
        MlxReadingValue value = Decide(config);
        Assert.Equal(expected, value.Value);
        Assert.True(value.IsTold);
    }

    [Theory]
    [InlineData("mlx-lm@0.13.1", 20)]
    [InlineData("mlx-lm@0.14.1", 20)]
    [InlineData("mlx-lm@0.14.2", 10)]
    [InlineData("mlx-lm@0.18.2", 10)]
    [InlineData("2024-06-01", 20)]
    [InlineData("2024-06-02", 10)]
    public void The_producer_answers_where_alpha_and_use_dora_meet(string producer, double expected)
    {
        MlxReadingValue value = Decide("{\"use_dora\":false," + Old + "}", producer: producer);
        Assert.Equal(expected, value.Value);
        Assert.True(value.IsTold);
    }

    [Theory]
    [InlineData("\"num_layers\":16,\"use_dora\":false," + Old)]
    [InlineData("\"num_layers\":16," + Old)]
    [InlineData("\"fine_tune_type\":\"lora\"," + Old)]
    [InlineData("\"num_layers\":16,\"use_dora\":false,\"lora_parameters\":{\"rank\":8,\"alpha\":16,\"scale\":10.0}")]
    public void One_new_field_beside_an_old_one_is_a_question(string fields)
    {
        Refused(Decide("{" + fields + "}"), "TF3502");
        Assert.Equal(20, Decide("{" + fields + "}", producer: "mlx-lm@0.14.1").Value);
        Assert.Equal(10, Decide("{" + fields + "}", producer: "mlx-lm@0.18.0").Value);
    }

    [Theory]
    [InlineData("{\"num_layers\":16,\"lora_parameters\":{\"rank\":8,\"alpha\":16,\"scale\":10.0}}")]
    [InlineData("{\"fine_tune_type\":\"lora\",\"lora_parameters\":{\"rank\":8,\"alpha\":16,\"scale\":10.0}}")]
    [InlineData("{\"fine_tune_type\":\"lora\",\"num_layers\":16," + Old + "}")]
    public void Damaged_configs_of_0_19_to_0_22_tell(string config) => Assert.Equal((10, true), (Decide(config).Value, Decide(config).IsTold));

    [Theory]
    [InlineData("{" + Old + "}", "mlx-lm@0.14.2", "use_dora")]
    [InlineData("{" + Old + "}", "2024-08-01", "use_dora")]
    [InlineData("{" + Old + "}", "mlx-lm@0.5.0", "adapter_config.json")]
    [InlineData("{" + Old + "}", "2024-03-01", "adapter_config.json")]
    [InlineData("{\"use_dora\":false," + Old + "}", "mlx-lm@0.12.0", "use_dora")]
    [InlineData("{\"use_dora\":false," + Old + "}", "mlx-lm@0.19", "lora_layers")]
    [InlineData("{\"num_layers\":16,\"lora_parameters\":{\"rank\":8,\"alpha\":16,\"scale\":10.0}}", "mlx-lm@0.14.1", "num_layers")]
    [InlineData("{\"fine_tune_type\":\"lora\",\"lora_parameters\":{\"rank\":8,\"scale\":10.0}}", "2024-05-30", "fine_tune_type")]
    [InlineData("{\"num_layers\":-1,\"fine_tune_type\":\"lora\",\"lora_parameters\":{\"scale\":2.0}}", "mlx-vlm@0.4.4", "lora_parameters")]
    [InlineData(Vlm, "mlx-vlm@0.6.0", "lora_parameters")]
    public void A_producer_that_cannot_have_written_the_config_is_a_contradiction(string config, string producer, string field)
    {
        Finding finding = Refused(Decide(config, producer: producer), "TF3509");
        Assert.All([$"--producer {producer}", field, "--scale"], part => Assert.Contains(part, finding.Message));
    }

    [Theory]
    [InlineData("{" + Old + "}", "mlx-lm@0.14.1", 20)]
    [InlineData("{" + Old + "}", "2024-05-20", 20)]
    [InlineData("{\"num_layers\":16,\"lora_parameters\":{\"alpha\":16,\"scale\":10.0}}", "mlx-lm@0.21.0", 10)]
    [InlineData("{\"use_dora\":false," + Old + "}", "2025-01-01", 10)]
    public void A_producer_that_agrees_changes_nothing(string config, string producer, double expected) =>
        Assert.Equal(expected, Decide(config, producer: producer).Value);

    [Fact]
    public void An_archive_without_a_config_is_not_of_a_producer_that_writes_one()
    {
        MlxReadingValue value = MlxScale.Decide(new MlxScaleEvidence { Config = null, IsArchive = true, Producer = MlxProducer.Parse("mlx-lm@0.14.1") }, "c");
        Assert.Contains("before 0.6", Refused(value, "TF3509").Message);
        Assert.Equal(20, MlxScale.Decide(new MlxScaleEvidence { Config = null, IsArchive = true, Producer = MlxProducer.Parse("mlx-lm@0.4") }, "c").Value);
    }

    [Fact]
    public void A_version_without_its_last_number_tells_only_where_all_of_them_agree()
    {
        Refused(Decide("{\"use_dora\":false," + Old + "}", producer: "mlx-lm@0.14"), "TF3502");
        Assert.Equal(20, Decide("{\"use_dora\":false," + Old + "}", producer: "mlx-lm@0.13").Value);
        Assert.Equal(10, Decide("{\"use_dora\":false," + Old + "}", producer: "mlx-lm@0.15").Value);
        Assert.Equal(4, Decide(Vlm, producer: "mlx-vlm@0.5").Value);
    }

    [Fact]
    public void A_stray_scale_beside_alpha_of_old_mlx_vlm_tells_nothing()
    {
        const string config = "{\"rank\":4,\"alpha\":16.0,\"dropout\":0.0,\"scale\":2.0}";
        Refused(Decide(config, rank: 4), "TF3502");
        Assert.Equal(4, Decide(config, rank: 4, producer: "mlx-vlm@0.5.0").Value);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("mlx-vlm@0.6.0")]
    public void Without_it_the_question_names_both_scales_and_the_options(string? producer)
    {
        MlxReadingValue value = Decide("{\"use_dora\":false," + Old + "}", producer: producer);
        Finding finding = Refused(value, "TF3502");
        Assert.All(["means 20", "means 10", "--producer", "--scale"], part => Assert.Contains(part, finding.Message));
    }

    [Theory]
    [InlineData("mlx-vlm@0.4.4", 16)]
    [InlineData("mlx-vlm@0.5.0", 4)]
    [InlineData("2026-04-17", 16)]
    [InlineData("2026-04-18", 4)]
    public void Old_mlx_vlm_multiplied_by_alpha_then_by_alpha_over_rank(string producer, double expected) =>
        Assert.Equal(expected, Decide(Vlm, producer: producer).Value);

    [Theory]
    [InlineData(null)]
    [InlineData("mlx-lm@0.14.1")]
    public void Old_mlx_vlm_is_a_question_without_its_version(string? producer) =>
        Assert.Contains("means scale 16, 0.5.0 means 4;", Refused(Decide(Vlm, producer: producer), "TF3502").Message);

    [Fact]
    public void A_bare_archive_means_20_and_says_so()
    {
        MlxReadingValue value = MlxScale.Decide(new MlxScaleEvidence { Config = null, IsArchive = true }, "c");
        Assert.Equal((20.0, false), (value.Value!.Value, value.IsTold));
        Assert.Equal("TF3503", value.Findings.Single().Code.Id);
        Assert.Contains("mlx-lm before 0.6", value.Findings.Single().Message);
    }

    [Fact]
    public void A_scale_is_shown_with_what_it_is_as_float32_where_that_is_zero()
    {
        Assert.Equal("0", MlxScale.Show(0));
        Assert.Equal("20", MlxScale.Show(20));
        Assert.EndsWith(", which is 0 as float32", MlxScale.Show(1e-50), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_files_without_a_config_are_a_question() => Refused(MlxScale.Decide(new MlxScaleEvidence { Config = null }, "c"), "TF3501");

    [Fact]
    public void Unsloth_takes_1_where_neither_place_has_a_scale()
    {
        MlxReadingValue value = Decide("{\"unsloth_mlx_lora_module_paths\":[],\"lora_parameters\":{}}");
        Assert.Equal((1.0, false, "TF3503"), (value.Value!.Value, value.IsTold, value.Findings.Single().Code.Id));
    }

    [Theory]
    [InlineData("{\"lora_parameters\":{}}", "TF3501")]
    [InlineData("{\"lora_parameters\":null}", "TF3501")]
    [InlineData("{\"lora_parameters\":{\"scale\":null}}", "TF3501")]
    [InlineData("{\"lora_parameters\":{\"scale\":NaN}}", "TF3504")]
    [InlineData("{\"lora_parameters\":{\"scale\":[2]}}", "TF3504")]
    [InlineData("{\"lora_parameters\":{\"scale\":true}}", "TF3504")]
    [InlineData("{\"lora_parameters\":{\"scale\":\"two\"}}", "TF3504")]
    [InlineData("{\"lora_parameters\":{\"scale\":2.0},\"scale\":3.0}", "TF3509")]
    [InlineData("{\"lora_layers\":16,\"lora_parameters\":{\"rank\":8,\"alpha\":\"x\",\"scale\":10.0}}", "TF3504")]
    public void Configs_that_do_not_tell_name_the_field(string config, string code) => Assert.Contains("scale", Refused(Decide(config), code).Message);

    [Fact]
    public void Without_a_common_rank_alpha_over_rank_is_a_question() =>
        Refused(Decide("{\"lora_layers\":16,\"lora_parameters\":{\"alpha\":16,\"scale\":10.0}}", rank: null), "TF3501");

    [Fact]
    public void The_rank_of_the_tensors_divides_alpha_not_a_stale_one() => Assert.Equal(40, Decide("{" + Old + "}", rank: 4).Value);

    [Theory]
    [InlineData("-2.0")]
    [InlineData("0.0")]
    public void A_scale_that_no_training_writes_is_named(string scale)
    {
        MlxReadingValue value = Decide($"{{\"lora_parameters\":{{\"scale\":{scale}}}}}");
        Assert.NotNull(value.Value);
        Assert.Empty(value.Findings);
        Assert.Equal("TF3511", value.Doubt!.Code.Id);
    }

    [Theory]
    [InlineData("0.5", false)]
    [InlineData("1e-30", false)]
    [InlineData("0", true)]
    [InlineData("-0.5", true)]
    [InlineData("1e-50", true)]
    public void Only_scales_that_are_not_positive_as_float32_are_doubted(string scale, bool isDoubted) =>
        Assert.Equal(isDoubted, Decide($"{{\"num_layers\":4,\"lora_parameters\":{{\"rank\":8,\"scale\":{scale}}}}}").Doubt is not null);

    private static Finding Refused(MlxReadingValue value, string code)
    {
        Assert.Null(value.Value);
        Finding finding = value.Findings.Single();
        Assert.Equal((code, Severity.Error), (finding.Code.Id, finding.Severity));
        return finding;
    }

    private static MlxReadingValue Decide(string config, long? rank = 8, string? producer = null) => MlxScale.Decide(
        new MlxScaleEvidence
        {
            Config = new MlxConfigView(Fixtures.Parse(config)),
            Rank = config == Vlm ? 4 : rank,
            Producer = producer is null ? null : MlxProducer.Parse(producer),
        },
        "adapter_config.json");
}
