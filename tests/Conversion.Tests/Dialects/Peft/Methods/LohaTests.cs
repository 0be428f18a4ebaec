using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Dialects.Peft.Methods;

public class LohaTests
{
    [Theory]
    [InlineData(7, 5, 1)]
    [InlineData(4, 9, 2)]
    [InlineData(6, 6, 3)]
    public void Is_a_product_of_the_squared_rank(int outputs, int inputs, int rank)
    {
        MethodCase adapter = new MethodCase("LOHA").Set("r", $"{rank}").Set("alpha", "3");
        DenseArray expected = Expected(adapter, outputs, inputs, rank, 3.0 / rank);
        AdapterModule module = adapter.Only();
        Assert.Equal(rank * rank, module.Rank);
        Assert.Equal(3.0 / rank, module.Scale);
        MethodCase.AssertDelta(expected, module);
    }

    [Fact]
    public void Takes_rank_and_alpha_of_the_patterns()
    {
        MethodCase adapter = new MethodCase("LOHA").Set("r", "4").Set("alpha", "8").Set("peft_version", "\"0.21.0\"")
            .Set("rank_pattern", """{"q_proj": 2}""").Set("alpha_pattern", """{"^model.layers.0": 5, "self_attn.q_proj": 3}""");
        Put(adapter, 6, 5, 2);
        Assert.Equal(1.5, adapter.Only().Scale);
    }

    [Fact]
    public void Refuses_patterns_that_versions_of_peft_read_otherwise()
    {
        // Until 0.14 the key of the rank was looked up among the alphas, where it is not: alpha 8. Later alpha is 3.
        MethodCase adapter = new MethodCase("LOHA").Set("r", "4").Set("alpha", "8").Set("rank_pattern", """{"q_proj": 2}""").Set("alpha_pattern", """{"self_attn.q_proj": 3}""");
        Put(adapter, 6, 5, 2);
        adapter.MustRefuse("TF3204");

        adapter.Set("peft_version", "\"0.18.0\"");
        Assert.Equal(1.5, adapter.Only().Scale);

        adapter.Set("peft_version", "null").Set("alpha_pattern", """{"q_proj": 3}""");
        Assert.Equal(1.5, adapter.Only().Scale);
    }

    [Fact]
    public void Refuses_a_rank_that_the_config_does_not_give()
    {
        MethodCase adapter = new MethodCase("LOHA").Set("r", "4").Set("alpha", "8");
        Put(adapter, 6, 5, 2);
        adapter.MustRefuse("TF2410");
        Assert.Contains("the tensors have rank 2, but the config gives it 4", adapter.Findings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_pattern_that_is_no_regex()
    {
        MethodCase adapter = new MethodCase("LOHA").Set("r", "2").Set("alpha", "8").Set("rank_pattern", """{"(": 2}""");
        Put(adapter, 6, 5, 2);
        adapter.MustRefuse("TF3201");
    }

    [Fact]
    public void Refuses_convolutions()
    {
        MethodCase adapter = new MethodCase("LOHA").Set("r", "2").Set("alpha", "8");
        adapter.Put("hada_t1", 2, 2, 3, 3);
        adapter.Put("hada_t2", 2, 2, 3, 3);
        Put(adapter, 6, 5, 2);
        adapter.MustRefuse("TF2411");
    }

    [Theory]
    [InlineData("hada_w1_a", 6, 3)]
    [InlineData("hada_w1_a", 5, 2)]
    [InlineData("hada_w2_b", 2, 4)]
    [InlineData("hada_w2_b", 3, 5)]
    [InlineData("hada_w1_b", 2, 5, 1)]
    [InlineData("hada_w1_b", 2, 0)]
    public void Refuses_factors_that_do_not_fit(string part, params int[] shape)
    {
        MethodCase adapter = new MethodCase("LOHA").Set("r", "2").Set("alpha", "8");
        Put(adapter, 6, 5, 2);
        adapter.Put(part, Array.ConvertAll(shape, extent => (long)extent));
        adapter.MustRefuse("TF2410");
    }

    [Fact]
    public void Refuses_a_module_without_a_factor_unless_that_is_allowed()
    {
        MethodCase adapter = new MethodCase("LOHA").Set("r", "2").Set("alpha", "8");
        Put(adapter, 6, 5, 2);
        adapter.Put("model.layers.1.self_attn.q_proj", "hada_w1_a", 6, 2);
        adapter.MustRefuse("TF2409");
        Assert.Equal([MethodCase.Path], adapter.Read(null, "TF2409").Keys);
    }

    [Fact]
    public void Refuses_factors_that_are_no_floats()
    {
        MethodCase adapter = new MethodCase("LOHA").Set("r", "2").Set("alpha", "8");
        Put(adapter, 6, 5, 2);
        adapter.Put("base_model.model." + MethodCase.Path + ".hada_w1_a", DType.I8, new TensorShape(6, 2), new byte[12]);
        adapter.MustRefuse("TF2410");
    }

    [Fact]
    public void Reads_bfloat16()
    {
        MethodCase adapter = new MethodCase("LOHA").Set("r", "1").Set("alpha", "1");
        Put(adapter, 2, 2, 1);
        byte[] oneAndHalf = [0xC0, 0x3F, 0x00, 0xC0];
        adapter.Put("base_model.model." + MethodCase.Path + ".hada_w1_a", DType.BF16, new TensorShape(2, 1), oneAndHalf);
        AdapterModule module = adapter.Only();
        DenseArray second = adapter.Put("hada_w2_a", 2, 1);
        Assert.Equal([(float)(1.5 * second[0, 0]), (float)(-2 * second[1, 0])], module.B.ToSingles(TestContext.Current.CancellationToken));
    }

    private static void Put(MethodCase adapter, int outputs, int inputs, int rank) => Expected(adapter, outputs, inputs, rank, 1);

    private static DenseArray Expected(MethodCase adapter, int outputs, int inputs, int rank, double scale)
    {
        DenseArray firstB = adapter.Put("hada_w1_a", outputs, rank);
        DenseArray firstA = adapter.Put("hada_w1_b", rank, inputs);
        DenseArray secondB = adapter.Put("hada_w2_a", outputs, rank);
        DenseArray secondA = adapter.Put("hada_w2_b", rank, inputs);
        DenseArray delta = DenseArray.Zeros(outputs, inputs);
        for (int o = 0; o < outputs; o++)
        {
            for (int i = 0; i < inputs; i++)
            {
                double first = 0;
                double second = 0;
                for (int k = 0; k < rank; k++)
                {
                    first += firstB[o, k] * firstA[k, i];
                    second += secondB[o, k] * secondA[k, i];
                }

                delta[o, i] = scale * first * second;
            }
        }

        return delta;
    }
}
