using Transfuse.Metadata.Adapters;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Dialects.Peft.Methods;

public class AdaLoraTests
{
    [Fact]
    public void Is_b_times_a_scaled_by_e_with_the_rank_of_the_tensors_and_the_scale_of_the_initial_rank()
    {
        MethodCase adapter = Case(rank: 3);
        AdapterModule module = adapter.Only();
        Assert.Equal(3, module.Rank);
        Assert.Equal(12 / 6.00001, module.Scale, 6);
        Assert.Equal(0.25, module.Dropout);
        MethodCase.AssertDelta(Expected(adapter, 3, 12 / 6.00001), module);
    }

    [Theory]
    [InlineData("0", null, 6)]
    [InlineData("-3", null, 6)]
    [InlineData("0", """{"model.layers.0.self_attn.q_proj.lora_E": [true, true, false, true, false, false]}""", 3)]
    [InlineData("0", """{"model.layers.0.self_attn.k_proj.lora_E": [true]}""", 6)]
    [InlineData("12", """{"model.layers.0.self_attn.q_proj.lora_E": [true, true, false, true, false, false]}""", 12)]
    public void Without_a_positive_alpha_takes_the_rank_with_which_peft_makes_the_layer(string alpha, string? pattern, double numerator)
    {
        MethodCase adapter = Case(rank: 3).Set("lora_alpha", alpha);
        if (pattern is not null)
        {
            adapter.Set("rank_pattern", pattern);
        }

        Assert.Equal(numerator / 6.00001, adapter.Only().Scale, 6);
    }

    [Fact]
    public void Skips_modules_that_were_pruned_away()
    {
        MethodCase adapter = Case(rank: 3);
        adapter.Put("model.layers.1.self_attn.q_proj", "lora_A", 0, 5);
        adapter.Put("model.layers.1.self_attn.q_proj", "lora_B", 4, 0);
        adapter.Put("model.layers.1.self_attn.q_proj", "lora_E", 0, 1);
        Assert.Equal(MethodCase.Path, adapter.Only().SourcePath);
        Assert.Contains(adapter.Findings, finding => finding.Code.Id == "TF2010" && finding.Subject == "model.layers.1.self_attn.q_proj");
    }

    [Fact]
    public void Takes_the_defaults_of_peft_and_says_so()
    {
        var adapter = new MethodCase("ADALORA");
        Put(adapter, 2);
        Assert.Equal(8 / 12.00001, adapter.Only().Scale, 6);
        Assert.Equal(
            ["adapter/adapter_config.json:init_r", "adapter/adapter_config.json:lora_alpha"],
            adapter.Findings.Where(finding => finding.Code.Id == "TF2408").Select(finding => finding.Subject));
    }

    [Theory]
    [InlineData("lora_A", 4, 5)]
    [InlineData("lora_B", 4, 2)]
    [InlineData("lora_E", 3, 2)]
    [InlineData("lora_E", 2, 1)]
    [InlineData("lora_E", 3)]
    [InlineData("lora_A", 0, 5)]
    public void Refuses_factors_that_do_not_fit(string part, params int[] shape)
    {
        MethodCase adapter = Case(rank: 3);
        adapter.Put(part, Array.ConvertAll(shape, extent => (long)extent));
        adapter.MustRefuse("TF2410");
    }

    [Theory]
    [InlineData("use_dora", "true")]
    [InlineData("layer_replication", "[[0, 4]]")]
    [InlineData("target_parameters", """["mlp.experts.gate_up_proj"]""")]
    public void Refuses_variants_of_lora(string field, string value) => Case(rank: 3).Set(field, value).MustRefuse("TF2407");

    [Fact]
    public void Reads_names_with_the_adapters_name_left_in()
    {
        var adapter = new MethodCase("ADALORA").Set("init_r", "6").Set("lora_alpha", "12");
        adapter.Put("lora_A.default", 3, 5);
        adapter.Put("lora_B.default", 4, 3);
        adapter.Put("lora_E.default", 3, 1);
        Assert.Equal(3, adapter.Only().Rank);
        Assert.Contains(adapter.Findings, finding => finding.Code.Id == "TF2013");
    }

    private static MethodCase Case(int rank)
    {
        MethodCase adapter = new MethodCase("ADALORA").Set("init_r", "6").Set("lora_alpha", "12").Set("r", "8").Set("lora_dropout", "0.25");
        Put(adapter, rank);
        return adapter;
    }

    private static (DenseArray A, DenseArray B, DenseArray E) Put(MethodCase adapter, int rank) =>
        (adapter.Put("lora_A", rank, 5), adapter.Put("lora_B", 4, rank), adapter.Put("lora_E", rank, 1));

    private static DenseArray Expected(MethodCase adapter, int rank, double scale)
    {
        (DenseArray a, DenseArray b, DenseArray e) = Put(adapter, rank);
        DenseArray delta = DenseArray.Zeros(4, 5);
        for (int o = 0; o < 4; o++)
        {
            for (int i = 0; i < 5; i++)
            {
                for (int k = 0; k < rank; k++)
                {
                    delta[o, i] += scale * b[o, k] * e[k, 0] * a[k, i];
                }
            }
        }

        return delta;
    }
}
