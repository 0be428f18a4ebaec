using Transfuse.Conversion.Verification;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Verification;

/// <summary>Norms and differences of deltas against plain loops in double precision.</summary>
public class AdapterComparerTests
{
    private static readonly ComparisonOptions WithWorst = new() { WorstElement = true };

    /// <summary>Pairs of modules: name, the two, and the relative accuracy that plain loops themselves have.</summary>
    public static TheoryData<string> Cases { get; } = [.. Pairs().Keys];

    private static Dictionary<string, (PlainModule First, PlainModule Second)> Pairs()
    {
        PlainModule linear = PlainModule.Random(1, 70, 50, 6, 2);
        PlainModule wide = PlainModule.Random(2, 1500, 3, 5, 0.5);
        PlainModule tall = PlainModule.Random(3, 3, 1100, 4, 16);
        PlainModule experts = PlainModule.Random(4, 20, 30, 3, 1.5, experts: 40);
        PlainModule oneOff = linear.Changed(value => value, value => value);
        oneOff.B[3, 2] += 0.125;
        return new()
        {
            ["two with nothing in common"] = (linear, PlainModule.Random(11, 70, 50, 6, 3)),
            ["another rank, larger"] = (linear, PlainModule.Random(12, 70, 50, 9, 2)),
            ["another rank, smaller"] = (linear, PlainModule.Random(13, 70, 50, 1, 2)),
            ["one element of B"] = (linear, oneOff.Rounded()),
            ["another scale"] = (linear, linear with { Scale = 2.125 }),
            ["a scale of the other sign"] = (linear, linear with { Scale = -2 }),
            ["a scale of zero in the second"] = (linear, linear with { Scale = 0 }),
            ["a folded scale that rounds"] = (linear, linear.Changed(value => value, value => value * 2 / 3.3f) with { Scale = 3.3f }),
            ["B times 1 + 1e-6"] = (linear, linear.Changed(value => value, value => value * (1 + 1e-6))),
            ["A and B in bfloat16"] = (linear, (linear with { DTypeA = "BF16", DTypeB = "BF16" }).Rounded()),
            ["A in float16"] = (linear, (linear with { DTypeA = "F16" }).Rounded()),
            ["A in float64, further digits"] = (linear, (linear with { DTypeA = "F64" }).Changed(value => value * (1 + 1e-9), value => value)),
            ["more inputs than a piece has"] = (wide, wide.Changed(value => value + 1e-3, value => value)),
            ["more outputs than a piece has"] = (tall, tall.Changed(value => value, value => value - 1e-3)),
            ["experts"] = (experts, experts.Changed(value => value, value => value * 1.01)),
            ["experts with nothing in common"] = (experts, PlainModule.Random(14, 20, 30, 5, 1, experts: 40)),
            ["an embedding"] = (linear with { Kind = ModuleKind.Embedding }, PlainModule.Random(15, 70, 50, 6) with { Kind = ModuleKind.Embedding }),
            ["one output"] = (PlainModule.Random(5, 9, 1, 2), PlainModule.Random(6, 9, 1, 2)),
            ["one input"] = (PlainModule.Random(7, 1, 9, 2), PlainModule.Random(8, 1, 9, 3)),
        };
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Norms_and_errors_are_those_of_plain_loops(string name)
    {
        Assert.Equal(19, Cases.Count);
        (PlainModule first, PlainModule second) = Pairs()[name];
        foreach ((PlainModule one, PlainModule other) in new[] { (first, second), (second, first) })
        {
            ModuleComparison row = Compare(one, other, WithWorst);
            (double norm, double difference, double worst) = one.PlainCompare(other);
            // Plain loops subtract whole deltas: their own error is 1e-16 of those.
            double loops = 1e-14 * (norm + PlainModule.Norm(other.Deltas().SelectMany(delta => delta.Values)));
            Assert.Null(row.Mismatch);
            Assert.Equal(ModulePresence.Both, row.Presence);
            Assert.False(row.IsBitEqual);
            Assert.InRange(row.Norm, norm * (1 - 1e-12), norm * (1 + 1e-12));
            Assert.InRange(row.DifferenceNorm, (difference * (1 - 1e-9)) - loops, (difference * (1 + 1e-9)) + loops);
            Assert.InRange(row.WorstElement!.Value, worst - loops, worst + loops);
            Assert.True(difference > 0);
            Assert.Equal(row.DifferenceNorm / row.Norm, row.RelativeError);
            Assert.Equal(0, row.MagnitudeError);
            Assert.True(row.Agrees(row.RelativeError));
            Assert.False(row.Agrees(Math.BitDecrement(row.RelativeError)));
        }
    }

    [Fact]
    public void Differences_far_below_rounding_of_the_deltas_keep_their_digits()
    {
        // B differs by 2^-20 of one element in float64: exactly known, and lost where whole deltas are subtracted.
        PlainModule first = (PlainModule.Random(1, 70, 50, 6) with { DTypeB = "F64" }).Rounded();
        PlainModule second = first.Changed(value => value, value => value);
        double step = Math.ScaleB(1, -50);
        second.B[7, 4] = first.B[7, 4] + step;
        step = first.B[7, 4] - second.B[7, 4];
        double expected = Math.Abs(step) * PlainModule.Norm(Enumerable.Range(0, 70).Select(i => first.A[4, i]));
        Assert.InRange(Compare(first, second).DifferenceNorm, expected * (1 - 1e-12), expected * (1 + 1e-12));
    }

    [Theory]
    [InlineData(70, 50, 6, 1, 0)]
    [InlineData(1300, 40, 7, 1, 0)]
    [InlineData(40, 1300, 7, 3, 0)]
    [InlineData(16, 12, 10, 3, 0)]
    [InlineData(70, 50, 6, 1, 30)]
    [InlineData(70, 50, 6, 1, -30)]
    public void One_delta_of_other_factors_agrees_to_double_rounding(int inputs, int outputs, int rank, int experts, int exponent)
    {
        // The vectors in another order, and powers of two moved from B to A: exactly the same delta.
        PlainModule first = PlainModule.Random(21, inputs, outputs, rank, 1.25, experts).Changed(
            value => Math.ScaleB(value, exponent), value => Math.ScaleB(value, -exponent));
        PlainModule second = first.Changed(value => value, value => value);
        for (int e = 0; e < experts; e++)
        {
            for (int k = 0; k < rank; k++)
            {
                int from = (k + 1) % rank;
                for (int i = 0; i < inputs; i++)
                {
                    second.A[e, k, i] = first.A[e, from, i] * (1 << k);
                }

                for (int o = 0; o < outputs; o++)
                {
                    second.B[e, o, k] = first.B[e, o, from] / (1 << k);
                }
            }
        }

        ModuleComparison row = Compare(first, second);
        Assert.False(row.IsBitEqual);
        Assert.InRange(row.RelativeError, 0, 2e-13);

        // And a small change on top of it is seen with its digits.
        double before = second.B[0, 1, 2];
        second.B[0, 1, 2] = (float)(before * (1 + 1e-4));
        double expected = 1.25 * Math.Abs(second.B[0, 1, 2] - before) * PlainModule.Norm(Enumerable.Range(0, inputs).Select(i => second.A[0, 2, i]));
        Assert.InRange(Compare(first, second).DifferenceNorm, expected * (1 - 1e-6), expected * (1 + 1e-6));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(516)]
    [InlineData(1030)]
    public void The_norm_of_a_delta_that_nearly_cancels_keeps_its_digits(int rank)
    {
        // B A with B = [b, b + t, 0 ...] and A = [a; -a; 0 ...] is -t a: 2^-12 of what each product is.
        PlainModule module = new(DenseArray.Zeros(rank, 20), DenseArray.Zeros(10, rank));
        for (int i = 0; i < 20; i++)
        {
            module.A[0, i] = (i + 1) / 32.0;
            module.A[1, i] = -module.A[0, i];
        }

        for (int o = 0; o < 10; o++)
        {
            module.B[o, 0] = (o + 3) / 16.0;
            module.B[o, 1] = module.B[o, 0] + Math.ScaleB(o + 1, -14);
        }

        double a = PlainModule.Norm(Enumerable.Range(0, 20).Select(i => module.A[0, i])), t = PlainModule.Norm(
            Enumerable.Range(1, 10).Select(o => Math.ScaleB(o, -14)));
        ModuleComparison row = Compare(module, module);
        Assert.InRange(row.Norm, a * t * (1 - 1e-12), a * t * (1 + 1e-12));
        Assert.True(row.IsBitEqual);
        Assert.Equal(0, row.RelativeError);
    }

    [Fact]
    public void A_rank_above_what_sums_take_is_compared_element_by_element()
    {
        PlainModule first = PlainModule.Random(31, 9, 7, 1030, 0.5), second = PlainModule.Random(32, 9, 7, 1030, 0.5);
        (double norm, double difference, double worst) = first.PlainCompare(second);
        ModuleComparison row = Compare(first, second, WithWorst);
        Assert.InRange(row.Norm, norm * (1 - 1e-12), norm * (1 + 1e-12));
        Assert.InRange(row.DifferenceNorm, difference * (1 - 1e-12), difference * (1 + 1e-12));
        Assert.InRange(row.WorstElement!.Value, worst * (1 - 1e-12), worst * (1 + 1e-12));
        Assert.False(row.IsBitEqual);
        Assert.Null(Compare(first, second).WorstElement);
        Assert.True(Compare(first, first with { Scale = 0.5 }).IsBitEqual);
        PlainModule inA = first.Changed(value => value, value => value), inB = first.Changed(value => value, value => value);
        (inA.A.Values[^1], inB.B.Values[^1]) = (0.5, 0.5);
        Assert.False(Compare(first, inA).IsBitEqual || Compare(first, inB).IsBitEqual);
    }

    [Fact]
    public void Zero_padded_ranks_and_exactly_folded_scales_are_no_difference()
    {
        PlainModule first = PlainModule.Random(41, 30, 20, 3, 2);
        var padded = new PlainModule(DenseArray.Zeros(8, 30), DenseArray.Zeros(20, 8), 0.25);
        for (int k = 0; k < 3; k++)
        {
            for (int i = 0; i < 30; i++)
            {
                padded.A[k, i] = first.A[k, i];
            }

            for (int o = 0; o < 20; o++)
            {
                padded.B[o, k] = first.B[o, k] * 8;
            }
        }

        ModuleComparison row = Compare(first, padded);
        Assert.Equal((0, (3, 8), (2, 0.25), false), (row.DifferenceNorm, row.Ranks, row.Scales, row.IsBitEqual));
        Assert.Equal(0, Compare(padded, first).DifferenceNorm);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void Bit_equal_means_every_byte_of_both_factors_and_the_scale(int changed, bool isBitEqual)
    {
        PlainModule first = PlainModule.Random(51, 1500, 700, 4, 2);
        PlainModule second = first.Changed(value => value, value => value);
        if (changed == 0)
        {
            second.A.Values[^1] = MathF.BitIncrement((float)second.A.Values[^1]);
        }
        else if (changed == 1)
        {
            second.B.Values[^1] = MathF.BitIncrement((float)second.B.Values[^1]);
        }

        Assert.Equal(isBitEqual, Compare(first, changed == 2 ? second with { Scale = MathF.BitIncrement(2) } : second).IsBitEqual);
        Assert.Equal(isBitEqual ? 0 : 1, Math.Sign(Compare(first, changed == 2 ? second with { Scale = MathF.BitIncrement(2) } : second).DifferenceNorm));
    }

    [Fact]
    public void Equal_values_of_another_dtype_agree_without_being_bit_equal()
    {
        PlainModule half = (PlainModule.Random(52, 30, 20, 3) with { DTypeA = "BF16", DTypeB = "F16" }).Rounded();
        ModuleComparison row = Compare(half, half with { DTypeA = "F32", DTypeB = "F64" });
        Assert.Equal((false, 0, 0), (row.IsBitEqual, row.DifferenceNorm, row.RelativeError));
    }

    [Fact]
    public void Equal_bytes_of_another_dtype_are_other_values()
    {
        PlainModule half = (PlainModule.Random(54, 30, 20, 3) with { DTypeA = "F16", DTypeB = "F16" }).Rounded();
        AdapterModule first = half.ToModule();
        AdapterModule second = first with { A = new MemoryTensor(DType.BF16, first.A.Shape, OracleTensor.Of("a", half.A, "F16").Bytes) };
        ModuleComparison row = Compare(PlainModule.AdapterOf([first]), PlainModule.AdapterOf([second])).Modules.Single();
        Assert.False(row.IsBitEqual);
        Assert.True(row.RelativeError > 0.5);
    }

    [Fact]
    public void Bit_equal_modules_have_no_worst_element()
    {
        PlainModule module = PlainModule.Random(55, 30, 20, 3);
        Assert.Equal((true, 0.0), (Compare(module, module, WithWorst).IsBitEqual, Compare(module, module, WithWorst).WorstElement!.Value));
        PlainModule experts = PlainModule.Random(56, 30, 20, 3, 1, experts: 3);
        PlainModule changed = experts.Changed(value => value, value => value);
        changed.B.Values[^1] = 0.5;
        double worst = experts.PlainCompare(changed).Worst;
        Assert.InRange(Compare(experts, changed, WithWorst).WorstElement!.Value, worst * (1 - 1e-12), worst * (1 + 1e-12));
    }

    [Fact]
    public void The_scale_counts_as_float32()
    {
        PlainModule first = PlainModule.Random(53, 30, 20, 3, 0.1);
        Assert.True(Compare(first, first with { Scale = 0.1f }).IsBitEqual);
    }

    [Fact]
    public void Packed_experts_are_taken_apart()
    {
        // A (E r, in) with experts slowest, B (out, r E) with experts fastest.
        PlainModule stacked = PlainModule.Random(61, 12, 10, 3, 2, experts: 4), other = PlainModule.Random(62, 12, 10, 3, 2, experts: 4);
        (double norm, double difference, _) = stacked.PlainCompare(other);
        ModuleComparison row = AdapterComparer.Compare(
            PlainModule.AdapterOf([Packed(stacked)]), PlainModule.AdapterOf([Packed(other)]),
            cancellationToken: TestContext.Current.CancellationToken).Modules.Single();
        Assert.InRange(row.Norm, norm * (1 - 1e-12), norm * (1 + 1e-12));
        Assert.InRange(row.DifferenceNorm, difference * (1 - 1e-12), difference * (1 + 1e-12));

        static AdapterModule Packed(PlainModule module)
        {
            DenseArray b = DenseArray.Zeros(10, 12);
            for (int e = 0; e < 4; e++)
            {
                for (int k = 0; k < 3; k++)
                {
                    for (int o = 0; o < 10; o++)
                    {
                        b[o, (k * 4) + e] = module.B[e, o, k];
                    }
                }
            }

            return new PlainModule(Dense.Reshape(module.A, 12, 12), b, 2) { Kind = ModuleKind.PackedParameter }.ToModule() with { Rank = 3 };
        }
    }

    [Fact]
    public void Convolutions_are_compared_over_their_kernels()
    {
        PlainModule first = PlainModule.Random(63, 6 * 9, 8, 2), second = PlainModule.Random(64, 6 * 9, 8, 2);
        (double norm, double difference, _) = first.PlainCompare(second);
        ModuleComparison row = AdapterComparer.Compare(
            PlainModule.AdapterOf([Convolution(first)]), PlainModule.AdapterOf([Convolution(second)]),
            cancellationToken: TestContext.Current.CancellationToken).Modules.Single();
        Assert.InRange(row.Norm, norm * (1 - 1e-12), norm * (1 + 1e-12));
        Assert.InRange(row.DifferenceNorm, difference * (1 - 1e-12), difference * (1 + 1e-12));

        static AdapterModule Convolution(PlainModule module) => (module with
        {
            A = Dense.Reshape(module.A, 2, 6, 3, 3),
            B = Dense.Reshape(module.B, 8, 2, 1, 1),
            Kind = ModuleKind.Convolution,
        }).ToModule() with { Rank = 2 };
    }

    [Fact]
    public void Factors_that_are_views_of_files_read_as_what_they_are()
    {
        PlainModule first = PlainModule.Random(71, 1100, 530, 2, 2, experts: 2), second = PlainModule.Random(72, 1100, 530, 2, 2, experts: 2);
        AdapterModule view = second.ToModule();
        view = view with
        {
            A = PlainModule.Tensor(Dense.Transpose(second.A), "F32").Permute(0, 2, 1),
            B = PlainModule.Tensor(Dense.Transpose(second.B), "F32").Permute(0, 2, 1),
        };
        (double norm, double difference, _) = first.PlainCompare(second);
        ModuleComparison row = AdapterComparer.Compare(
            PlainModule.AdapterOf([first.ToModule()]), PlainModule.AdapterOf([view]),
            cancellationToken: TestContext.Current.CancellationToken).Modules.Single();
        Assert.InRange(row.Norm, norm * (1 - 1e-12), norm * (1 + 1e-12));
        Assert.InRange(row.DifferenceNorm, difference * (1 - 1e-12), difference * (1 + 1e-12));
        Assert.True(AdapterComparer.Compare(
            PlainModule.AdapterOf([second.ToModule()]), PlainModule.AdapterOf([view]),
            cancellationToken: TestContext.Current.CancellationToken).Modules.Single().IsBitEqual);
    }

    [Fact]
    public void A_module_of_one_alone_is_compared_with_nothing()
    {
        PlainModule module = PlainModule.Random(81, 30, 20, 3, 2);
        double norm = PlainModule.Norm(module.Deltas()[0].Values);
        Adapter empty = PlainModule.Adapter();
        ModuleComparison first = AdapterComparer.Compare(PlainModule.Adapter(module), empty, WithWorst, TestContext.Current.CancellationToken).Modules.Single();
        ModuleComparison second = AdapterComparer.Compare(
            empty, PlainModule.Adapter(module), WithWorst, TestContext.Current.CancellationToken).Modules.Single();
        Assert.Equal((ModulePresence.OnlyFirst, ModulePresence.OnlySecond), (first.Presence, second.Presence));
        Assert.Equal(((3, 0), (0, 3), (2.0, 0.0), (0.0, 2.0)), (first.Ranks, second.Ranks, first.Scales, second.Scales));
        Assert.InRange(first.Norm, norm * (1 - 1e-12), norm * (1 + 1e-12));
        Assert.Equal((first.Norm, 0, first.Norm), (first.DifferenceNorm, second.Norm, second.DifferenceNorm));
        Assert.Equal((1, double.PositiveInfinity), (first.RelativeError, second.RelativeError));
        Assert.InRange(first.WorstElement!.Value, module.Deltas()[0].Values.Max(Math.Abs) * (1 - 1e-12), module.Deltas()[0].Values.Max(Math.Abs) * (1 + 1e-12));
        Assert.Equal(first.WorstElement, second.WorstElement);
        Assert.False(first.Agrees(0.5) || second.Agrees(0.5) || first.IsBitEqual || second.IsBitEqual);
    }

    [Fact]
    public void A_module_of_one_alone_agrees_where_it_does_nothing_unless_it_is_dora()
    {
        PlainModule idle = PlainModule.Random(82, 30, 20, 3, 2).Changed(value => value, _ => 0);
        Adapter empty = PlainModule.Adapter();
        Assert.True(Compare(PlainModule.Adapter(idle), empty).Agrees(0));
        Assert.True(Compare(empty, PlainModule.Adapter(idle)).Agrees(0));
        PlainModule dora = idle with { Magnitude = [.. Enumerable.Repeat(1.0, 20)] };
        Assert.False(Compare(PlainModule.Adapter(dora), empty).Agrees(1));
        Assert.False(Compare(empty, PlainModule.Adapter(dora)).Agrees(1));
        Assert.Contains("DoRA", Compare(empty, PlainModule.Adapter(dora)).Modules.Single().Mismatch);
    }

    [Fact]
    public void Rounding_depends_on_what_factors_were_cast_to()
    {
        Assert.Equal(
            (1.0 / 128, 1.0 / 1024, 1e-6),
            (AdapterComparison.RoundingTo(DType.BF16), AdapterComparison.RoundingTo(DType.F16), AdapterComparison.RoundingTo(DType.F32)));
        Assert.Equal(1e-6, AdapterComparison.RoundingTo(null));
    }

    [Fact]
    public void Adapters_without_modules_agree()
    {
        AdapterComparison comparison = Compare(PlainModule.Adapter(), PlainModule.Adapter());
        Assert.True(comparison.Agrees(0));
        Assert.Equal(0, comparison.WorstRelativeError);
    }

    [Fact]
    public void Magnitudes_are_compared()
    {
        double[] magnitude = [.. Enumerable.Range(1, 20).Select(row => row / 4.0)];
        PlainModule dora = PlainModule.Random(91, 30, 20, 3, 2) with { Magnitude = magnitude };
        Assert.True(Compare(dora, dora).IsBitEqual);
        Assert.Equal(0, Compare(dora, dora).MagnitudeError);

        ModuleComparison changed = Compare(dora, dora with { Magnitude = [.. magnitude[..19], magnitude[19] + 0.5] });
        double expected = 0.5 / PlainModule.Norm(magnitude);
        Assert.InRange(changed.MagnitudeError, expected * (1 - 1e-12), expected * (1 + 1e-12));
        Assert.Equal((0, false), (changed.RelativeError, changed.IsBitEqual));
        Assert.False(changed.Agrees(expected * 0.99));
        Assert.True(changed.Agrees(expected * 1.01));

        ModuleComparison cast = Compare(dora, dora with { DTypeMagnitude = "F64" });
        Assert.Equal((0, false, true), (cast.MagnitudeError, cast.IsBitEqual, cast.Agrees(0)));
        Assert.Equal(double.PositiveInfinity, Compare(dora with { Magnitude = new double[20] }, dora).MagnitudeError);
        Assert.True(Compare(dora with { Magnitude = new double[20] }, dora with { Magnitude = new double[20] }).Agrees(0));
        Assert.InRange(
            new AdapterComparison([changed, Compare(dora, dora)]).WorstRelativeError, expected * (1 - 1e-12), expected * (1 + 1e-12));
    }

    [Fact]
    public void Dora_in_one_alone_is_a_difference()
    {
        PlainModule lora = PlainModule.Random(92, 30, 20, 3, 2);
        PlainModule dora = lora with { Magnitude = [.. Enumerable.Repeat(1.0, 20)] };
        Assert.Equal("is DoRA in one only", Compare(lora, dora).Mismatch);
        Assert.Equal("is DoRA in one only", Compare(dora, lora).Mismatch);
        Assert.False(Compare(dora, lora).Agrees(1));
        Assert.Equal("has 20 DoRA magnitudes in the first and 19 in the second", Compare(dora, dora with { Magnitude = new double[19] }).Mismatch);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void What_is_not_finite_never_agrees(double value)
    {
        PlainModule good = PlainModule.Random(93, 30, 20, 3, 2) with { Magnitude = [.. Enumerable.Repeat(1.0, 20)] };
        PlainModule inA = Broken(good, module => module.A), inB = Broken(good, module => module.B);
        PlainModule inMagnitude = good with { Magnitude = [.. Enumerable.Repeat(1.0, 19), value] };
        foreach (PlainModule broken in new[] { inA, inB, inMagnitude })
        {
            foreach ((PlainModule first, PlainModule second) in new[] { (broken, broken), (good, broken), (broken, good) })
            {
                ModuleComparison row = Compare(first, second);
                Assert.Equal("holds NaN or infinity, so that nothing can be told about it", row.Mismatch);
                Assert.False(row.Agrees(double.MaxValue));
            }
        }

        Assert.StartsWith("holds NaN", Compare(PlainModule.Adapter(inA), PlainModule.Adapter()).Modules.Single().Mismatch);

        PlainModule Broken(PlainModule module, Func<PlainModule, DenseArray> factor)
        {
            PlainModule copy = module.Changed(x => x, x => x);
            factor(copy).Values[5] = value;
            return copy;
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void Without_norms_of_equal_modules_only_these_are_not_computed(long experts)
    {
        var options = new ComparisonOptions { NormsOfEqual = false, WorstElement = true };
        PlainModule module = PlainModule.Random(97, 1300, 40, 6, 0.3, experts);
        ModuleComparison equal = Compare(module, module.Rounded(), options);
        Assert.Equal((true, 0.0, 0.0, (double?)0, double.NaN, true), (equal.IsBitEqual, equal.RelativeError, equal.DifferenceNorm, equal.WorstElement, equal.Norm, equal.Agrees(0)));

        PlainModule[] others =
        [
            LastChanged(module, x => x.A), LastChanged(module, x => x.B), module with { Scale = 0.5 }, module with { Scale = double.NaN }, module with { Scale = 1e300 },
            (module with { DTypeB = "BF16" }).Rounded(),
        ];
        foreach (PlainModule other in others)
        {
            Assert.Equal(Compare(module, other, options with { NormsOfEqual = true }), Compare(module, other, options));
            Assert.False(Compare(module, other, options).IsBitEqual);
        }

        foreach (double value in new[] { double.NaN, double.PositiveInfinity })
        {
            PlainModule broken = LastChanged(module, x => x.B, value);
            Assert.StartsWith("holds NaN or infinity", Compare(broken, broken, options).Mismatch);
        }

        Assert.StartsWith("holds NaN or infinity", Compare(module with { Scale = 1e300 }, module with { Scale = 1e300 }, options).Mismatch);

        static PlainModule LastChanged(PlainModule module, Func<PlainModule, DenseArray> factor, double value = 0.75)
        {
            PlainModule copy = module.Changed(x => x, x => x);
            factor(copy).Values[^1] = value;
            return copy;
        }
    }

    [Fact]
    public void Kinds_and_extents_that_differ_are_named()
    {
        PlainModule module = PlainModule.Random(94, 30, 20, 3);
        Assert.Equal("is Linear in the first and Embedding in the second", Compare(module, module with { Kind = ModuleKind.Embedding }).Mismatch);
        Assert.Equal(
            "maps (1, 20, 30) in the first and (1, 20, 31) in the second (experts, output, input)", Compare(module, PlainModule.Random(1, 31, 20, 3)).Mismatch);
        Assert.Equal(
            "maps (1, 20, 30) in the first and (1, 21, 30) in the second (experts, output, input)", Compare(module, PlainModule.Random(1, 30, 21, 3)).Mismatch);
        Assert.StartsWith(
            "maps (2, 20, 30) in the first and (3, 20, 30)",
            Compare(PlainModule.Random(1, 30, 20, 3, experts: 2), PlainModule.Random(1, 30, 20, 3, experts: 3)).Mismatch);
    }

    [Fact]
    public void Rows_are_ordered_by_path_and_told_one_by_one()
    {
        PlainModule[] modules =
            [.. new[] { 10, 2, 0, 1 }.Select(layer => PlainModule.Random(layer, 8, 8, 2) with { Path = $"model.layers.{layer}.mlp.up_proj" })];
        var told = new List<ComparisonProgress>();
        var options = new ComparisonOptions { MaxDegreeOfParallelism = 1, Progress = new Listener(told.Add) };
        AdapterComparison comparison = AdapterComparer.Compare(
            PlainModule.Adapter(modules), PlainModule.Adapter(modules[1..]), options, TestContext.Current.CancellationToken);
        Assert.Equal(
            ["model.layers.0.mlp.up_proj", "model.layers.1.mlp.up_proj", "model.layers.2.mlp.up_proj", "model.layers.10.mlp.up_proj"],
            comparison.Modules.Select(module => module.Path));
        Assert.Equal([1, 2, 3, 4], told.Select(progress => progress.Done));
        Assert.All(told, progress => Assert.Equal(4, progress.Total));
        Assert.Equal(3, comparison.Modules.Count(module => module.IsBitEqual));
    }

    [Fact]
    public void The_same_modules_under_another_root_are_compared_but_do_not_agree()
    {
        PlainModule[] first =
            [.. Enumerable.Range(0, 3).Select(layer => PlainModule.Random(layer, 8, 8, 2) with { Path = $"model.layers.{layer}.mlp.up_proj" })];
        PlainModule[] second =
            [.. first.Select(module => module with { Path = module.Path.Replace("model.", "model.language_model.", StringComparison.Ordinal) })];
        first = [.. first, first[0] with { Path = "model.embed_tokens" }];
        second = [.. second, second[0] with { Path = "model.language_model.embed_tokens" }];
        AdapterComparison comparison = Compare(PlainModule.Adapter(first), PlainModule.Adapter(second));
        Assert.Equal(("model.layers", "model.language_model.layers"), comparison.Roots);
        Assert.All(comparison.Modules, module => Assert.True(module.IsBitEqual && module.Presence == ModulePresence.Both));
        Assert.Equal(4, comparison.Modules.Length);
        Assert.False(comparison.Agrees(1));

        Adapter elsewhere = PlainModule.Adapter(
            [.. first.Select(module => module with { Path = module.Path.Replace("model.", "transformer.decoder.", StringComparison.Ordinal) })]);
        Assert.Equal(("model.layers", "transformer.decoder.layers"), Compare(PlainModule.Adapter(first), elsewhere).Roots);

        // One module more, one layer less, or one root only: no other name for the same.
        Assert.Null(Compare(PlainModule.Adapter(first), PlainModule.Adapter(second[1..])).Roots);
        Assert.Null(Compare(PlainModule.Adapter(first[1..]), PlainModule.Adapter(second)).Roots);
        Assert.Null(
            Compare(
                PlainModule.Adapter(first),
                PlainModule.Adapter([.. second[1..], second[0] with { Path = "model.language_model.layers.7.mlp.up_proj" }])).Roots);
        Assert.Null(Compare(PlainModule.Adapter(first), PlainModule.Adapter(first)).Roots);
        Assert.Null(Compare(PlainModule.Adapter([.. first[1..], second[0]]), PlainModule.Adapter(second)).Roots);
    }

    [Fact]
    public void Reads_large_factors_in_parts()
    {
        // 2 x 3,000,000 float32 are 24 MB; what is asked of the file at once stays below the limit.
        var watched = new WatchedTensor(new TensorShape(2, 3_000_000));
        AdapterModule module = PlainModule.Random(1, 8, 8, 2).ToModule() with { A = watched };
        AdapterModule other = module with { A = new WatchedTensor(new TensorShape(2, 3_000_000)) };
        ModuleComparison row = Compare(PlainModule.AdapterOf([module]), PlainModule.AdapterOf([other])).Modules.Single();
        Assert.True(row.IsBitEqual);
        Assert.InRange(watched.LargestRead, 1, 4 << 20);
        Assert.Equal(24_000_000, watched.BytesRead);
    }

    [Fact]
    public void Other_layouts_and_nothing_are_refused()
    {
        Adapter adapter = PlainModule.Adapter(PlainModule.Random(1, 8, 8, 2));
        Assert.Throws<ArgumentException>("second", () => AdapterComparer.Compare(adapter, adapter with { Layout = ModelLayout.HuggingFace }));
        Assert.Throws<ArgumentNullException>("first", () => AdapterComparer.Compare(null!, adapter));
        Assert.Throws<ArgumentNullException>("second", () => AdapterComparer.Compare(adapter, null!));
    }

    [Fact]
    public void Cancelled_it_ends()
    {
        Adapter adapter = PlainModule.Adapter(PlainModule.Random(1, 8, 8, 2));
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => AdapterComparer.Compare(adapter, adapter, cancellationToken: cancelled.Token));
    }

    private static ModuleComparison Compare(PlainModule first, PlainModule second, ComparisonOptions? options = null) =>
        AdapterComparer.Compare(PlainModule.Adapter(first), PlainModule.Adapter(second), options, TestContext.Current.CancellationToken).Modules.Single();

    private static AdapterComparison Compare(Adapter first, Adapter second) =>
        AdapterComparer.Compare(first, second, null, TestContext.Current.CancellationToken);

    private sealed class Listener(Action<ComparisonProgress> report) : IProgress<ComparisonProgress>
    {
        public void Report(ComparisonProgress value) => report(value);
    }
}
