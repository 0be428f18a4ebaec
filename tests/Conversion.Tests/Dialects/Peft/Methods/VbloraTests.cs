using System.Buffers.Binary;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Dialects.Peft.Methods;

public class VbloraTests
{
    private const string Prefix = "base_model.model." + MethodCase.Path + ".";

    // Rank 2, vectors of 3, a bank of 5, 6 inputs, 9 outputs.
    private const int Rank = 2;
    private const int Length = 3;
    private const int Vectors = 5;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Is_made_of_mixtures_of_the_banks_vectors(int count)
    {
        MethodCase adapter = Case(count);
        AdapterModule module = adapter.Only();
        Assert.Equal((Rank, 1.0), (module.Rank, module.Scale));
        MethodCase.AssertDelta(Expected(adapter, count), module, 5e-7);
    }

    [Theory]
    [InlineData(DType.U8)]
    [InlineData(DType.I16)]
    [InlineData(DType.I32)]
    [InlineData(DType.I64)]
    public void Reads_saved_shares_as_the_logits_that_they_come_from(DType type)
    {
        MethodCase logits = Case(3);
        MethodCase saved = new MethodCase("VBLORA").Set("topk", "3").Set("save_only_topk_weights", "true");
        saved.PutShared("vblora_vector_bank", Vectors, Length);
        Save(saved, "vblora_logits_A", logits.Put("vblora_logits_A", Rank, 2, Vectors), 3, type);
        Save(saved, "vblora_logits_B", logits.Put("vblora_logits_B", 3, Rank, Vectors), 3, type);
        MethodCase.AssertDelta(Expected(logits, 3), saved.Only(), 1e-6);
    }

    [Fact]
    public void Reads_logits_whose_exponentials_overflow()
    {
        MethodCase adapter = Case(2);
        DenseArray logitsA = Dense.Scale(adapter.Put("vblora_logits_A", Rank, 2, Vectors), 1 << 12);
        adapter.PutWhole(Prefix + "vblora_logits_A", logitsA);
        DenseArray expected = Expected(adapter.PutShared("vblora_vector_bank", Vectors, Length), logitsA, adapter.Put("vblora_logits_B", 3, Rank, Vectors), 2);
        MethodCase.AssertDelta(expected, adapter.Only(), 5e-7);
    }

    [Fact]
    public void Refuses_equal_logits_at_the_border()
    {
        MethodCase adapter = Case(2);
        DenseArray logits = adapter.Put("vblora_logits_A", Rank, 2, Vectors);
        double[] values = [.. logits.Values];
        (values[0], values[1], values[2]) = (3, 3, 3);
        adapter.PutWhole(Prefix + "vblora_logits_A", new DenseArray(logits.Shape, values));
        adapter.MustRefuse("TF2410");
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Refuses_logits_without_a_softmax(double value)
    {
        MethodCase adapter = Case(2);
        DenseArray logits = adapter.Put("vblora_logits_A", Rank, 2, Vectors);
        adapter.PutWhole(Prefix + "vblora_logits_A", new DenseArray(logits.Shape, [value, .. logits.Values[1..]]));
        adapter.MustRefuse("TF2410");
    }

    [Theory]
    [InlineData("topk", "6")]
    [InlineData("topk", "2", "vblora_logits_A", 2, 2, 4)]
    [InlineData("topk", "2", "vblora_logits_B", 3, 3, 5)]
    public void Refuses_what_does_not_fit(string field, string value, string? part = null, params int[] shape)
    {
        MethodCase adapter = Case(2).Set(field, value);
        if (part is not null)
        {
            adapter.Put(part, Array.ConvertAll(shape, extent => (long)extent));
        }

        adapter.MustRefuse("TF2410");
    }

    [Theory]
    [InlineData(new byte[] { 0, 1, 2, 3, 4, 5, 0, 1 }, 0.25f)]
    [InlineData(new byte[] { 0, 1, 2, 3, 4, 3, 0, 1 }, 1.5f)]
    [InlineData(new byte[] { 0, 1, 2, 3, 4, 3, 0, 1 }, -0.5f)]
    [InlineData(new byte[] { 0, 1, 2, 3, 4, 3, 0, 1 }, float.NaN)]
    public void Refuses_numbers_and_shares_that_make_no_mixture(byte[] indices, float share)
    {
        MethodCase adapter = new MethodCase("VBLORA").Set("topk", "2");
        adapter.PutShared("vblora_vector_bank", Vectors, Length);
        Save(adapter, "vblora_logits_B", Case(2).Put("vblora_logits_B", 3, Rank, Vectors), 2, DType.U8);
        adapter.Put(Prefix + "vblora_logits_A_topk_indices", DType.U8, new TensorShape(2, 2, 2), indices);
        adapter.PutWhole(Prefix + "vblora_logits_A_topk_weights", new DenseArray([2, 2, 1], [share, 0.5, 0.5, 0.5]));
        adapter.MustRefuse("TF2410");
    }

    [Fact]
    public void Refuses_a_file_without_the_bank()
    {
        var adapter = new MethodCase("VBLORA");
        adapter.Put("vblora_logits_A", Rank, 2, Vectors);
        adapter.Put("vblora_logits_B", 3, Rank, Vectors);
        adapter.MustRefuse("TF2409");
    }

    private static MethodCase Case(int count)
    {
        MethodCase adapter = new MethodCase("VBLORA").Set("topk", $"{count}");
        adapter.PutShared("vblora_vector_bank", Vectors, Length);
        adapter.Put("vblora_logits_A", Rank, 2, Vectors);
        adapter.Put("vblora_logits_B", 3, Rank, Vectors);
        return adapter;
    }

    private static (int Index, double Share)[] Mixture(DenseArray logits, int row, int column, int count)
    {
        int[] largest = [.. Enumerable.Range(0, Vectors).OrderByDescending(v => logits[row, column, v]).Take(count)];
        double most = logits[row, column, largest[0]];
        double sum = largest.Sum(v => Math.Exp(logits[row, column, v] - most));
        return [.. largest.Select(v => (v, Math.Exp(logits[row, column, v] - most) / sum))];
    }

    private static DenseArray Expected(MethodCase adapter, int count)
    {
        DenseArray logitsA = adapter.Put("vblora_logits_A", Rank, 2, Vectors);
        DenseArray logitsB = adapter.Put("vblora_logits_B", 3, Rank, Vectors);
        return Expected(adapter.PutShared("vblora_vector_bank", Vectors, Length), logitsA, logitsB, count);
    }

    private static DenseArray Expected(DenseArray bank, DenseArray logitsA, DenseArray logitsB, int count)
    {
        DenseArray delta = DenseArray.Zeros(9, 6);
        for (int o = 0; o < 9; o++)
        {
            for (int i = 0; i < 6; i++)
            {
                for (int k = 0; k < Rank; k++)
                {
                    double b = Mixture(logitsB, o / Length, k, count).Sum(part => part.Share * bank[part.Index, o % Length]);
                    double a = Mixture(logitsA, k, i / Length, count).Sum(part => part.Share * bank[part.Index, i % Length]);
                    delta[o, i] += b * a;
                }
            }
        }

        return delta;
    }

    private static void Save(MethodCase adapter, string name, DenseArray logits, int count, DType type)
    {
        var shares = new List<double>();
        var indices = new List<byte>();
        Span<byte> eight = stackalloc byte[8];
        for (int row = 0; row < logits.Shape[0]; row++)
        {
            for (int column = 0; column < logits.Shape[1]; column++)
            {
                (int Index, double Share)[] mixture = Mixture(logits, row, column, count);
                shares.AddRange(mixture[..^1].Select(part => part.Share));
                foreach ((int index, _) in mixture)
                {
                    BinaryPrimitives.WriteInt64LittleEndian(eight, index);
                    indices.AddRange(eight[..(type.BitSize() / 8)]);
                }
            }
        }

        adapter.Put(Prefix + name + "_topk_indices", type, new TensorShape(logits.Shape[0], logits.Shape[1], count), [.. indices]);
        adapter.PutWhole(Prefix + name + "_topk_weights", new DenseArray([logits.Shape[0], logits.Shape[1], count - 1], [.. shares]));
    }
}
