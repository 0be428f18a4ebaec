using Transfuse.Metadata.Adapters;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Dialects.Peft.Methods;

public class DeloraTests
{
    [Fact]
    public void Is_b_times_a_with_normed_rows_and_columns_scaled_by_the_bases_norms()
    {
        var adapter = new MethodCase("DELORA");
        DenseArray a = adapter.Put("delora_A", 3, 5);
        DenseArray b = adapter.Put("delora_B", 4, 3);
        DenseArray lambda = adapter.Put("delora_lambda", 1);
        DenseArray norms = adapter.Put("delora_w_norm", 5);

        // Shorter than the least length that counts.
        for (int o = 0; o < 4; o++)
        {
            b[o, 1] *= 1e-6;
        }

        adapter.PutWhole($"base_model.model.{MethodCase.Path}.delora_B", b);
        DenseArray expected = DenseArray.Zeros(4, 5);
        for (int k = 0; k < 3; k++)
        {
            double lengthA = 0;
            double lengthB = 0;
            for (int i = 0; i < 5; i++)
            {
                lengthA += a[k, i] * a[k, i];
            }

            for (int o = 0; o < 4; o++)
            {
                lengthB += b[o, k] * b[o, k];
            }

            double share = lambda.Values[0] / (3 * Math.Max(Math.Sqrt(lengthA), 1e-4) * Math.Max(Math.Sqrt(lengthB), 1e-4));
            for (int o = 0; o < 4; o++)
            {
                for (int i = 0; i < 5; i++)
                {
                    expected[o, i] += share * b[o, k] * a[k, i] * norms.Values[i];
                }
            }
        }

        AdapterModule module = adapter.Only();
        Assert.Equal((3, 1.0), (module.Rank, module.Scale));
        MethodCase.AssertDelta(expected, module);
    }

    [Theory]
    [InlineData("delora_A", 2, 5)]
    [InlineData("delora_w_norm", 4)]
    [InlineData("delora_lambda", 2)]
    public void Refuses_tensors_that_do_not_fit(string part, params int[] shape)
    {
        var adapter = new MethodCase("DELORA");
        adapter.Put("delora_A", 3, 5);
        adapter.Put("delora_B", 4, 3);
        adapter.Put("delora_lambda", 1);
        adapter.Put("delora_w_norm", 5);
        adapter.Put(part, Array.ConvertAll(shape, extent => (long)extent));
        adapter.MustRefuse("TF2410");
    }

    [Fact]
    public void Refuses_a_file_without_the_bases_norms()
    {
        var adapter = new MethodCase("DELORA");
        adapter.Put("delora_A", 3, 5);
        adapter.Put("delora_B", 4, 3);
        adapter.Put("delora_lambda", 1);
        adapter.MustRefuse("TF2409");
    }
}
