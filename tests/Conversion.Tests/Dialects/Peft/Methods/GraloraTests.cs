using Transfuse.Metadata.Adapters;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Dialects.Peft.Methods;

public class GraloraTests
{
    [Theory]
    [InlineData(1, 3, 4, 5, 0)]
    [InlineData(2, 4, 3, 2, 0)]
    [InlineData(3, 6, 2, 4, 0)]
    [InlineData(2, 4, 3, 2, 3)]
    public void Is_a_product_of_low_rank_for_each_pair_of_blocks(int blocks, int rank, int blockOutputs, int blockInputs, int hybrid)
    {
        MethodCase adapter = new MethodCase("GRALORA").Set("alpha", "6");
        DenseArray a = adapter.Put("gralora_A", blocks, blockInputs, rank);
        DenseArray b = adapter.Put("gralora_B", blocks, rank, blockOutputs);
        double scale = 6.0 / (rank + hybrid);
        int share = rank / blocks;
        DenseArray expected = DenseArray.Zeros(blocks * blockOutputs, blocks * blockInputs);
        for (int o = 0; o < expected.Shape[0]; o++)
        {
            for (int i = 0; i < expected.Shape[1]; i++)
            {
                (int m, int n) = (o / blockOutputs, i / blockInputs);
                for (int s = 0; s < share; s++)
                {
                    expected[o, i] += scale * a[n, i % blockInputs, (m * share) + s] * b[m, (n * share) + s, o % blockOutputs];
                }
            }
        }

        if (hybrid > 0)
        {
            DenseArray generalA = adapter.Put("gralora_A_general.weight", hybrid, blocks * blockInputs);
            DenseArray generalB = adapter.Put("gralora_B_general.weight", blocks * blockOutputs, hybrid);
            expected = Dense.Add(expected, Dense.Scale(Dense.Multiply(generalB, generalA), scale));
        }

        AdapterModule module = adapter.Only();
        Assert.Equal(((blocks * rank) + hybrid, scale), (module.Rank, module.Scale));
        MethodCase.AssertDelta(expected, module);
    }

    [Theory]
    [InlineData("gralora_A", 3, 2, 4)]
    [InlineData("gralora_A", 2, 2, 3)]
    [InlineData("gralora_A", 2, 2)]
    [InlineData("gralora_A_general.weight", 1, 5)]
    [InlineData("gralora_B_general.weight", 5, 1)]
    public void Refuses_factors_that_do_not_fit(string part, params int[] shape)
    {
        var adapter = new MethodCase("GRALORA");
        adapter.Put("gralora_A", 2, 2, 4);
        adapter.Put("gralora_B", 2, 4, 3);
        adapter.Put("gralora_A_general.weight", 1, 4);
        adapter.Put("gralora_B_general.weight", 6, 1);
        adapter.Put(part, Array.ConvertAll(shape, extent => (long)extent));
        adapter.MustRefuse("TF2410");
    }

    [Fact]
    public void Refuses_a_rank_that_the_blocks_do_not_divide()
    {
        var adapter = new MethodCase("GRALORA");
        adapter.Put("gralora_A", 2, 2, 3);
        adapter.Put("gralora_B", 2, 3, 3);
        adapter.MustRefuse("TF2410");
    }
}
