using System.Collections.Immutable;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Profiles;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Verification;
using Transfuse.Metadata.Adapters;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Profiles;

/// <summary>Norms, singular values and effective ranks against plain loops in double precision, known products, and recorded deltas.</summary>
public class AdapterProfilerTests
{
    public static TheoryData<string> Cases { get; } = [.. Modules().Keys];

    private static Dictionary<string, PlainModule> Modules() => new()
    {
        ["linear"] = PlainModule.Random(1, 70, 50, 6, 2),
        ["more inputs than a piece has"] = PlainModule.Random(2, 1500, 3, 5, 0.5),
        ["more outputs than a piece has"] = PlainModule.Random(3, 3, 1100, 4, -16),
        ["bfloat16"] = (PlainModule.Random(4, 33, 65, 7, 0.1) with { DTypeA = "BF16", DTypeB = "BF16" }).Rounded(),
        ["bfloat16 of a size that no float32 product has"] = (PlainModule.Random(8, 33, 65, 7, 0.1) with { DTypeA = "BF16", DTypeB = "BF16" }).Changed(a => a * 1e-25, b => b * 1e-25),
        ["bfloat16 that nearly cancels"] = Cancelling() with { DTypeA = "BF16", DTypeB = "BF16" },
        ["float16"] = (PlainModule.Random(11, 1400, 65, 9, 0.1) with { DTypeA = "F16", DTypeB = "F16" }).Rounded(),
        ["rank 1"] = PlainModule.Random(5, 9, 8, 1),
        ["a rank above both sides"] = PlainModule.Random(6, 5, 6, 17),
        ["an embedding"] = PlainModule.Random(7, 70, 50, 6) with { Kind = ModuleKind.Embedding },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Singular_values_have_the_sums_that_plain_loops_give(string name)
    {
        PlainModule module = Modules()[name];
        ModuleProfile profile = Assert.Single(Profile(module));
        DenseArray delta = module.Deltas().Single();
        DenseArray products = Dense.Multiply(Dense.Transpose(delta), delta);
        double second = delta.Values.Sum(value => value * value), fourth = products.Values.Sum(value => value * value);
        bool isRounded = name is "bfloat16" or "float16";
        AssertNear(Math.Sqrt(second), profile.Norm, isRounded ? 1e-6 : 1e-11);
        AssertNear(second * second / fourth, profile.EffectiveRank!.Value, isRounded ? 1e-6 : 1e-9);
        Assert.Equal(profile.Rank, profile.SingularValues.Length);
        Assert.Equal(profile.SingularValues.OrderDescending(), profile.SingularValues);
        AssertNear(second, profile.SingularValues.Sum(value => value * value), 1e-10);
        AssertNear(fourth, profile.SingularValues.Sum(value => Math.Pow(value, 4)), 1e-10);
    }

    [Fact]
    public void Known_directions_give_their_sizes()
    {
        ModuleProfile profile = Assert.Single(Profile(Diagonal(3, 0.25, 4)));
        Assert.Equal([8, 6, 0.5], profile.SingularValues.Select(value => Math.Round(value, 12)));
        AssertNear(2 * Math.Sqrt(9 + 0.0625 + 16), profile.Norm, 1e-14);
        AssertNear(Math.Pow(9 + 0.0625 + 16, 2) / (81 + Math.Pow(0.25, 4) + 256), profile.EffectiveRank!.Value, 1e-13);
    }

    [Fact]
    public void Directions_that_repeat_count_once()
    {
        PlainModule module = Diagonal(3, 3, 3);
        module.A.Values.AsSpan(0, 5).CopyTo(module.A.Values.AsSpan(5));
        ModuleProfile profile = Assert.Single(Profile(module));
        // Rows 1 and 2 of A are one: B's columns 0 and 1 meet there, and 3² + 3² under one root is left.
        Assert.Equal([Math.Round(6 * Math.Sqrt(2), 6), 6, 0], profile.SingularValues.Select(value => Math.Round(value, 6)));
        AssertNear(27.0 * 27 / ((18 * 18) + 81), profile.EffectiveRank!.Value, 1e-12);
    }

    [Fact]
    public void Experts_are_measured_together_and_the_strongest_shows_its_values()
    {
        PlainModule experts = PlainModule.Random(9, 20, 30, 3, 1.5, experts: 40);
        experts.B.Values.AsSpan(7 * 90, 90).Clear();
        for (int i = 0; i < 90; i++)
        {
            experts.B.Values[(21 * 90) + i] *= 4;
        }

        ModuleProfile profile = Assert.Single(Profile(experts));
        double[][] deltas = [.. experts.Deltas().Select(delta => delta.Values)];
        AssertNear(PlainModule.Norm(deltas.SelectMany(delta => delta)), profile.Norm, 1e-11);
        AssertNear(PlainModule.Norm(deltas[21]), Math.Sqrt(profile.SingularValues.Sum(value => value * value)), 1e-10);
        double ranks = experts.Deltas().Where((_, expert) => expert != 7).Average(delta =>
        {
            double second = delta.Values.Sum(value => value * value);
            return second * second / Dense.Multiply(Dense.Transpose(delta), delta).Values.Sum(value => value * value);
        });
        AssertNear(ranks, profile.EffectiveRank!.Value, 1e-9);
    }

    [Fact]
    public void What_changes_nothing_has_no_directions()
    {
        PlainModule module = PlainModule.Random(1, 7, 5, 2);
        module.B.Values.AsSpan().Clear();
        ModuleProfile profile = Assert.Single(Profile(module));
        Assert.Equal((0, 0), (profile.Norm, profile.EffectiveRank));
        Assert.Empty(profile.SingularValues);
    }

    [Fact]
    public void Values_that_are_not_finite_have_no_size()
    {
        PlainModule module = PlainModule.Random(1, 7, 5, 2);
        module.A.Values[3] = double.NaN;
        ModuleProfile profile = Assert.Single(Profile(module));
        Assert.Equal((double.NaN, null), (profile.Norm, profile.EffectiveRank));
        Assert.Empty(profile.SingularValues);
    }

    [Fact]
    public void Only_the_modules_that_change_most_show_singular_values()
    {
        PlainModule[] modules = [.. Enumerable.Range(0, 5).Select(i => Diagonal(i + 1) with { Path = $"model.layers.{i}.self_attn.q_proj" })];
        ImmutableArray<ModuleProfile> profiles = AdapterProfiler.Profile(
            PlainModule.Adapter(modules), new ProfileOptions { Spectra = 2 }, TestContext.Current.CancellationToken);
        Assert.Equal([0, 0, 0, 1, 1], profiles.Select(profile => profile.SingularValues.Length));
        Assert.Equal([2, 4, 6, 8, 10], profiles.Select(profile => Math.Round(profile.Norm, 12)));
    }

    [Fact]
    public void Norms_are_those_of_the_recorded_deltas()
    {
        int compared = 0;
        foreach (FixtureCase fixture in Fixtures.PeftCases.Where(fixture => fixture.PeftType == "LORA" && fixture.ComputeDType == "float32"))
        {
            using IAdapterSource source = AdapterSource.Open(fixture.AdapterFolder);
            if (AdapterReader.Read(source, cancellationToken: TestContext.Current.CancellationToken).Adapter is not { HasMagnitudes: false } adapter)
            {
                continue;
            }

            foreach (ModuleProfile profile in AdapterProfiler.Profile(adapter, cancellationToken: TestContext.Current.CancellationToken))
            {
                if (profile.Kind is ModuleKind.Linear or ModuleKind.Embedding && fixture.ExpectedDeltas.TryGetValue($"{profile.FullPath}.weight", out DenseArray? delta))
                {
                    AssertNear(PlainModule.Norm(delta.Values), profile.Norm, 1e-5);
                    compared++;
                }
            }
        }

        Assert.True(compared > 50, $"{compared} modules had a recorded delta");
    }

    /// <summary>The base as mlx-lm keeps it has the adapter's own names, and the one in transformers' layout the same values under others; and the other way round.</summary>
    [Theory]
    [InlineData("mlx_qwen3_moe_switch", "qwen3_moe", 15)]
    [InlineData("mlx_mixtral_switch", "mixtral", 6)]
    [InlineData("mlx_gpt_oss_experts", "gpt_oss", 3)]
    [InlineData("mlx_gemma3", "gemma3_text", 3)]
    [InlineData("mlx_phi3", "phi3", 3)]
    [InlineData("qwen3_moe_params", "qwen3_moe", 9)]
    [InlineData("qwen3_moe_per_expert", "qwen3_moe", 20)]
    [InlineData("mixtral_params", "mixtral", 6)]
    [InlineData("mixtral_per_expert", "mixtral", 20)]
    [InlineData("gpt_oss_params", "gpt_oss", 6)]
    [InlineData("gemma3_all", "gemma3_text", 20)]
    public void Weights_of_the_base_are_found_in_either_layout(string name, string baseName, int atLeast)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using IAdapterSource source = AdapterSource.Open(fixture.AdapterFolder);
        Adapter adapter = AdapterReader.Read(source, cancellationToken: TestContext.Current.CancellationToken).Adapter!;
        double?[] hf = Norms("bases"), mlx = Norms("bases-mlx");
        Assert.All(hf.Concat(mlx), norm => Assert.True(norm > 0, "a module has no weight"));
        Assert.All(hf.Zip(mlx), pair => AssertNear(pair.First!.Value, pair.Second!.Value, 1e-6));
        Assert.InRange(hf.Length, atLeast, 500);

        double?[] Norms(string folder)
        {
            using BaseWeights weights = BaseModel.FromFolder(Path.Combine(Fixtures.Root, folder, baseName)).OpenWeights()!;
            return
            [
                .. AdapterProfiler.Profile(adapter, new ProfileOptions { Base = weights, Spectra = 0 }, TestContext.Current.CancellationToken)
                    .Select(profile => profile.WeightNorm),
            ];
        }
    }

    private static ImmutableArray<ModuleProfile> Profile(PlainModule module) =>
        AdapterProfiler.Profile(PlainModule.Adapter(module), cancellationToken: TestContext.Current.CancellationToken);

    // Scale 2, and each direction of the given size: B A is diagonal.
    private static PlainModule Diagonal(params double[] sizes)
    {
        int rank = sizes.Length, side = rank + 2;
        var a = new DenseArray([rank, side], new double[rank * side]);
        var b = new DenseArray([side, rank], new double[side * rank]);
        for (int i = 0; i < rank; i++)
        {
            a.Values[(i * side) + i] = 1;
            b.Values[(i * rank) + i] = sizes[i];
        }

        return new PlainModule(a, b, 2);
    }

    // Two directions that all but take each other away.
    private static PlainModule Cancelling()
    {
        PlainModule module = PlainModule.Random(10, 32, 64, 2).Changed(a => Math.ScaleB(Math.Round(a * 64), -6), b => Math.ScaleB(Math.Round(b * 64), -6));
        for (int i = 0; i < 32; i++)
        {
            module.A.Values[32 + i] = -module.A.Values[i] * (i % 2 == 0 ? 1 : 1 + Math.ScaleB(1, -3));
        }

        for (int i = 0; i < 64; i++)
        {
            module.B.Values[(2 * i) + 1] = module.B.Values[2 * i];
        }

        return module;
    }

    private static void AssertNear(double expected, double actual, double tolerance) =>
        Assert.InRange(actual, expected - (tolerance * Math.Abs(expected)), expected + (tolerance * Math.Abs(expected)));
}
