using Transfuse.Metadata.Adapters;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Dialects.Peft.Methods;

public class LokrTests
{
    /// <summary>Rows, columns and inner rank (0 for a whole matrix) of w1 and w2, config's r, and the rank of the product.</summary>
    public static TheoryData<long[], long[], int, int> Forms { get; } = new()
    {
        { [3, 4, 0], [5, 2, 0], 4, 6 },
        { [4, 3, 0], [2, 5, 0], 3, 6 },
        { [3, 4, 0], [6, 5, 2], 2, 6 },
        { [5, 4, 1], [2, 2, 0], 1, 2 },
        { [5, 4, 2], [6, 7, 2], 2, 4 },

        // A decomposed factor of a rank above its smaller side is multiplied out.
        { [2, 9, 3], [8, 8, 3], 3, 6 },
        { [1, 9, 4], [9, 1, 4], 4, 1 },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Is_a_product_of_the_factors_ranks(long[] first, long[] second, int config, int rank)
    {
        MethodCase adapter = new MethodCase("LOKR").Set("r", $"{config}").Set("alpha", "5");
        DenseArray expected = Dense.Scale(Kronecker(Put(adapter, "lokr_w1", first), Put(adapter, "lokr_w2", second)), 5.0 / config);
        AdapterModule module = adapter.Only();
        Assert.Equal(rank, module.Rank);
        Assert.Equal(5.0 / config, module.Scale);
        MethodCase.AssertDelta(expected, module);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Is_truncated_by_the_singular_values_of_its_factors(long[] first, long[] second, int config, int rank)
    {
        MethodCase adapter = new MethodCase("LOKR").Set("r", $"{config}").Set("alpha", "5");
        DenseArray expected = Dense.Scale(Kronecker(Put(adapter, "lokr_w1", first), Put(adapter, "lokr_w2", second)), 5.0 / config);
        for (int kept = 1; kept < rank; kept++)
        {
            AdapterModule module = adapter.Only(new() { SvdRank = kept });
            Assert.Equal(kept, module.Rank);
            TruncationTests.AssertReported(adapter, expected, module, rank);
        }
    }

    [Fact]
    public void Keeps_whole_factors_bit_for_bit()
    {
        // One side is an identity's Kronecker product, so the other side holds nothing but values of both factors and their products.
        MethodCase adapter = new MethodCase("LOKR").Set("r", "8").Set("alpha", "8");
        DenseArray first = adapter.Put("lokr_w1", 2, 3);
        DenseArray second = adapter.Put("lokr_w2", 2, 2);
        AdapterModule module = adapter.Only();
        double[] products = [.. first.Values.SelectMany(x => second.Values.Select(y => (double)((float)x * (float)y)))];
        Assert.All(MethodCase.ArrayOf(module.A).Values, value => Assert.Contains(value, products));
        Assert.All(MethodCase.ArrayOf(module.B).Values, value => Assert.True(value is 0 or 1));
    }

    [Theory]
    [InlineData("lokr_t2", 2, 2, 3, 3)]
    [InlineData("lokr_w2", 5, 2, 3, 3)]
    [InlineData("lokr_w2", 5, 2, 3)]
    public void Refuses_convolutions(string part, params int[] shape)
    {
        MethodCase adapter = new MethodCase("LOKR").Set("r", "4").Set("alpha", "8");
        adapter.Put("lokr_w1", 3, 4);
        adapter.Put("lokr_w2", 5, 2);
        adapter.Put(part, Array.ConvertAll(shape, extent => (long)extent));
        adapter.MustRefuse("TF2411");
    }

    [Fact]
    public void Refuses_a_factor_that_is_whole_and_decomposed()
    {
        MethodCase adapter = new MethodCase("LOKR").Set("r", "4").Set("alpha", "8");
        adapter.Put("lokr_w1", 3, 4);
        adapter.Put("lokr_w1_a", 3, 1);
        adapter.Put("lokr_w2", 5, 2);
        adapter.MustRefuse("TF2410");
    }

    [Fact]
    public void Refuses_a_rank_with_which_peft_would_have_decomposed_the_second_factor()
    {
        MethodCase adapter = new MethodCase("LOKR").Set("r", "2").Set("alpha", "8");
        adapter.Put("lokr_w1", 3, 4);
        adapter.Put("lokr_w2", 5, 2);
        adapter.MustRefuse("TF2410");
        Assert.Contains("need a rank of at least 3, but the config gives it 2", adapter.Findings[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lokr_w1_b", 3, 4)]
    [InlineData("lokr_w1_a", 3, 3)]
    [InlineData("lokr_w2_b", 4, 4)]
    public void Refuses_factors_that_do_not_fit(string part, params int[] shape)
    {
        MethodCase adapter = new MethodCase("LOKR").Set("r", "2").Set("alpha", "8");
        Put(adapter, "lokr_w1", [3, 4, 2]);
        Put(adapter, "lokr_w2", [5, 4, 2]);
        adapter.Put(part, Array.ConvertAll(shape, extent => (long)extent));
        adapter.MustRefuse("TF2410");
    }

    [Fact]
    public void Refuses_decomposed_factors_of_different_ranks()
    {
        MethodCase adapter = new MethodCase("LOKR").Set("r", "2").Set("alpha", "8");
        Put(adapter, "lokr_w1", [3, 4, 2]);
        Put(adapter, "lokr_w2", [5, 4, 3]);
        adapter.MustRefuse("TF2410");
    }

    [Fact]
    public void Refuses_half_a_factor()
    {
        MethodCase adapter = new MethodCase("LOKR").Set("r", "2").Set("alpha", "8");
        adapter.Put("lokr_w1_a", 3, 2);
        adapter.Put("lokr_w2", 4, 4);
        adapter.MustRefuse("TF2409");
    }

    private static DenseArray Put(MethodCase adapter, string name, long[] form)
    {
        if (form[2] == 0)
        {
            return adapter.Put(name, form[0], form[1]);
        }

        return Dense.Multiply(adapter.Put(name + "_a", form[0], form[2]), adapter.Put(name + "_b", form[2], form[1]));
    }

    private static DenseArray Kronecker(DenseArray first, DenseArray second)
    {
        DenseArray product = DenseArray.Zeros(first.Shape[0] * second.Shape[0], first.Shape[1] * second.Shape[1]);
        for (long i = 0; i < product.Shape[0]; i++)
        {
            for (long j = 0; j < product.Shape[1]; j++)
            {
                product[i, j] = first[i / second.Shape[0], j / second.Shape[1]] * second[i % second.Shape[0], j % second.Shape[1]];
            }
        }

        return product;
    }
}
