using System.Globalization;
using Transfuse.Conversion.Dialects;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Dialects.Peft.Methods;

public class TruncationTests
{
    [Fact]
    public void What_is_exact_is_kept_and_named_above_half_of_the_smaller_side()
    {
        MethodCase adapter = Loha(6, 9, 2);
        Assert.Equal(4, adapter.Only(MethodOptions.Default).Rank);
        Assert.Equal(
            "maps 9 to 6 and has rank 4; --svd-rank N truncates it to N", Assert.Single(adapter.Findings, finding => finding.Code.Id == "TF2465").Message);

        Assert.Empty(adapter.Read(new MethodOptions { MaxRank = 3 }));
        Assert.Equal(
            "maps 9 to 6 and has rank 4; the limit is 3 (--max-rank): --max-rank 4 keeps it exact, --svd-rank N truncates it to N",
            Assert.Single(adapter.Findings, finding => finding.Code.Id == "TF2412").Message);

        MethodCase small = Loha(8, 9, 2);
        Assert.Equal(4, small.Only(MethodOptions.Default).Rank);
        Assert.DoesNotContain(small.Findings, finding => finding.Code.Id == "TF2465");
        Assert.Equal(36, Loha(6, 9, 6).Only(MethodOptions.Default).Rank);
        Assert.Equal(1, Loha(1, 9, 1).Only(MethodOptions.Default).Rank);
    }

    // 65 x 65 is above 4096, which no matrix with a side of 2 needs.
    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void A_few_values_cannot_ask_for_any_rank(int rank, bool converts)
    {
        MethodCase adapter = Loha(2, 3, rank);
        Assert.Equal(converts ? 1 : 0, adapter.Read(MethodOptions.Default).Count);
        Assert.Equal(
            !converts, adapter.Findings.Any(finding => finding.Code.Id == "TF2412" && finding.Message.Contains("the limit is 4096", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(4, null, 4)]
    [InlineData(9, null, 4)]
    [InlineData(null, 4, 4)]
    [InlineData(null, 9, 4)]
    [InlineData(null, 2, 2)]
    [InlineData(4, 2, 4)]
    [InlineData(3, 2, 2)]
    [InlineData(1, 3, 3)]
    public void Truncates_only_what_passes_the_limit(int? maxRank, int? svdRank, int expected)
    {
        MethodCase adapter = Loha(6, 9, 2);
        Assert.Equal(expected, adapter.Only(new MethodOptions { MaxRank = maxRank, SvdRank = svdRank }).Rank);
        Assert.Equal(expected < 4, adapter.Findings.Any(finding => finding.Code.Id == "TF2413"));
    }

    [Fact]
    public void Refuses_above_a_given_limit()
    {
        MethodCase adapter = Loha(6, 9, 2);
        Assert.Empty(adapter.Read(new MethodOptions { MaxRank = 3 }));
        Assert.Contains(
            "the limit is 3 (--max-rank)", Assert.Single(adapter.Findings, finding => finding.Code.Id == "TF2412").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(7, 12, 3)]
    [InlineData(12, 5, 2)]
    [InlineData(9, 9, 2)]
    public void Reports_the_error_that_remains(int outputs, int inputs, int rank)
    {
        MethodCase adapter = Loha(outputs, inputs, rank);
        DenseArray whole = MethodCase.DeltaOf(adapter.Only());
        int exact = Math.Min(rank * rank, Math.Min(outputs, inputs));
        double last = 1;
        for (int kept = 1; kept < exact; kept++)
        {
            AdapterModule module = adapter.Only(new MethodOptions { SvdRank = kept });
            Assert.Equal(kept, module.Rank);
            double error = AssertReported(adapter, whole, module, rank * rank);
            Assert.True(error < last, $"rank {kept} is no better than {kept - 1}");
            last = error;
        }
    }

    [Fact]
    public void Drops_what_is_zero_without_loss()
    {
        // Both products have the same first factor, so that only 3 of 4 rows of A are independent.
        MethodCase adapter = Loha(8, 9, 2);
        DenseArray same = adapter.Put("hada_w1_b", 2, 9);
        adapter.PutWhole($"base_model.model.{MethodCase.Path}.hada_w2_b", same);
        DenseArray whole = MethodCase.DeltaOf(adapter.Only());

        AdapterModule module = adapter.Only(new MethodOptions { MaxRank = 2, SvdRank = 4 });
        Assert.Equal(3, module.Rank);
        MethodCase.AssertDelta(whole, module);
        Finding finding = Assert.Single(adapter.Findings, finding => finding.Code.Id == "TF2414");
        Assert.Equal(Severity.Information, finding.Severity);
        Assert.StartsWith("rank 4 became 3; without loss, relative error ", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Truncates_zeros_to_rank_one()
    {
        MethodCase adapter = Loha(8, 9, 2);
        adapter.PutWhole($"base_model.model.{MethodCase.Path}.hada_w1_a", DenseArray.Zeros(8, 2));
        AdapterModule module = adapter.Only(new MethodOptions { SvdRank = 3 });
        Assert.Equal(1, module.Rank);
        Assert.All(MethodCase.DeltaOf(module).Values, value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(double.NaN, "TF2418")]
    [InlineData(double.PositiveInfinity, "TF2418")]
    [InlineData(1e30, "TF2419")]
    [InlineData(1e-25, "TF2419")]
    public void Refuses_values_whose_products_leave_float32(double value, string code)
    {
        MethodCase adapter = Loha(8, 9, 2);
        foreach (string part in new[] { "hada_w1_a", "hada_w2_a" })
        {
            adapter.PutWhole($"base_model.model.{MethodCase.Path}.{part}", new DenseArray([8, 2], [.. Enumerable.Repeat(value, 16)]));
        }

        adapter.MustRefuse(code);
        Assert.Empty(adapter.Read(new MethodOptions { SvdRank = 1 }));
    }

    [Fact]
    public void Refuses_a_scale_that_leaves_float32() => Loha(8, 9, 2).Set("alpha", "1e39").MustRefuse("TF2419");

    [Fact]
    public void Refuses_to_decompose_what_is_too_large()
    {
        MethodCase adapter = new MethodCase("LOHA").Set("r", "100").Set("alpha", "1");
        Put(adapter, MethodCase.Path, 5000, 5000, 100);
        Assert.Empty(adapter.Read(new MethodOptions { SvdRank = 4 }));
        Assert.Equal(["TF2415"], adapter.Errors);
    }

    [Fact]
    public void Ends_when_cancelled()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Loha(8, 9, 2).Read(new MethodOptions { SvdRank = 1, CancellationToken = source.Token }));
    }

    [Fact]
    public void Several_at_a_time_give_the_same()
    {
        MethodCase adapter = new MethodCase("LOHA").Set("r", "2").Set("alpha", "2");
        for (int layer = 0; layer < 12; layer++)
        {
            Put(adapter, $"model.layers.{layer}.mlp.up_proj", 8, 9, 2);
        }

        IReadOnlyDictionary<string, AdapterModule> one = adapter.Read(new MethodOptions { SvdRank = 2 });
        string[] findings = [.. adapter.Findings.Select(finding => finding.ToString())];
        IReadOnlyDictionary<string, AdapterModule> several = adapter.Read(new MethodOptions { SvdRank = 2, MaxDegreeOfParallelism = 4 });
        Assert.Equal(findings, adapter.Findings.Select(finding => finding.ToString()));
        Assert.Equal(one.Keys, several.Keys);
        Assert.All(one, module => Assert.Equal(MethodCase.ArrayOf(module.Value.A).Values, MethodCase.ArrayOf(several[module.Key].A).Values));
    }

    /// <summary>The reported error is the one that a dense comparison measures.</summary>
    internal static double AssertReported(MethodCase adapter, DenseArray whole, AdapterModule module, int rank)
    {
        double measured = DeltaComparison.Of(MethodCase.DeltaOf(module), whole).RelativeError;
        Finding finding = Assert.Single(adapter.Findings, finding => finding.Code.Id == "TF2413");
        Assert.Equal(Severity.Warning, finding.Severity);
        string prefix = $"rank {rank} became {module.Rank}; relative error ";
        Assert.StartsWith(prefix, finding.Message, StringComparison.Ordinal);
        double reported = double.Parse(finding.Message[prefix.Length..], CultureInfo.InvariantCulture);
        Assert.InRange(reported, (measured * 0.9995) - 1e-7, (measured * 1.0005) + 1e-7);
        return measured;
    }

    private static MethodCase Loha(int outputs, int inputs, int rank)
    {
        MethodCase adapter = new MethodCase("LOHA").Set("r", $"{rank}").Set("alpha", "3");
        Put(adapter, MethodCase.Path, outputs, inputs, rank);
        return adapter;
    }

    private static void Put(MethodCase adapter, string path, int outputs, int inputs, int rank)
    {
        adapter.Put(path, "hada_w1_a", outputs, rank);
        adapter.Put(path, "hada_w1_b", rank, inputs);
        adapter.Put(path, "hada_w2_a", outputs, rank);
        adapter.Put(path, "hada_w2_b", rank, inputs);
    }
}
