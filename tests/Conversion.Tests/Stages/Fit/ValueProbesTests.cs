using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Stages.Fit;
using Transfuse.Conversion.Tests.Verification;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Tests.Stages.Fit;

public class ValueProbesTests
{
    private static readonly double[] Ones = [.. Enumerable.Repeat(1.0, 20)];

    [Theory]
    [InlineData("lora_A", double.NaN)]
    [InlineData("lora_A", double.PositiveInfinity)]
    [InlineData("lora_B", double.NaN)]
    [InlineData("lora_B", double.NegativeInfinity)]
    [InlineData("the magnitude", double.NaN)]
    [InlineData("the magnitude", double.PositiveInfinity)]
    public void What_is_not_finite_is_named_wherever_it_is(string where, double value)
    {
        PlainModule[] modules = [.. Enumerable.Range(0, 3).Select(layer => Module(layer) with { Magnitude = Ones })];
        double[] values = where switch { "lora_A" => modules[1].A.Values, "lora_B" => modules[1].B.Values, _ => (modules[1] = modules[1] with { Magnitude = [.. Ones] }).Magnitude! };
        values[^1] = value;
        Finding finding = Assert.Single(Probe(modules));
        Assert.Equal(("TF2009", "model.layers.1.mlp.up_proj", $"{where} holds NaN or infinity"), (finding.Code.Id, finding.Subject, finding.Message));
    }

    [Fact]
    public void Each_tensor_that_is_not_finite_is_named()
    {
        PlainModule[] modules = [.. Enumerable.Range(0, 2).Select(layer => Module(layer) with { Magnitude = [.. Ones[..19], double.NaN] })];
        Array.ForEach(modules, module => (module.A.Values[0], module.B.Values[0]) = (double.NaN, double.NaN));
        Assert.Equal(
            ["model.layers.0.mlp.up_proj lora_A", "model.layers.0.mlp.up_proj lora_B", "model.layers.0.mlp.up_proj the magnitude",
             "model.layers.1.mlp.up_proj lora_A", "model.layers.1.mlp.up_proj lora_B", "model.layers.1.mlp.up_proj the magnitude"],
            Probe(modules).Select(finding => $"{finding.Subject} {finding.Message.Replace(" holds NaN or infinity", string.Empty, StringComparison.Ordinal)}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(1e39, true)]
    [InlineData(-1e39, true)]
    [InlineData(double.NaN, true)]
    [InlineData(3e38, false)]
    [InlineData(0, false)]
    public void A_scale_beyond_float32_is_named(double scale, bool named)
    {
        Finding[] findings = [.. Probe(Module(0), Module(1) with { Scale = scale })];
        Assert.Equal(named ? ["TF2017 model.layers.1.mlp.up_proj"] : [], findings.Select(finding => $"{finding.Code.Id} {finding.Subject}"));
    }

    [Theory]
    [InlineData(1e-46, true)]
    [InlineData(-1e-46, true)]
    [InlineData(double.Epsilon, true)]
    [InlineData(1e-44, false)]
    [InlineData(0, false)]
    public void A_scale_that_is_0_as_float32_is_named(double scale, bool named)
    {
        Finding[] findings = [.. Probe(Module(0), Module(1) with { Scale = scale })];
        Assert.Equal(named ? ["TF2030 model.layers.1.mlp.up_proj"] : [], findings.Select(finding => $"{finding.Code.Id} {finding.Subject}"));
        Assert.All(findings, finding => Assert.EndsWith("which is 0 as float32", finding.Message));
    }

    [Theory]
    [InlineData(2e-8, "MLX", DType.F16, true)]
    [InlineData(4e-8, "MLX", DType.F16, false)]
    [InlineData(2e-8, "MLX", DType.BF16, false)]
    [InlineData(2e-8, "PEFT", DType.F16, false)]
    public void MLX_multiplies_float16_factors_in_float16(double scale, string reader, DType dtype, bool named)
    {
        var log = new FindingLog();
        Adapter adapter = PlainModule.Adapter([Module(0) with { Scale = scale }]);
        ValueProbes.Vanishing(adapter with { Modules = [.. adapter.Modules.Select(module => module with { A = module.A.Cast(dtype), B = module.B.Cast(dtype) })] }, DialectRegistry.Default.Of(new AdapterDialect(reader)), log);
        Assert.Equal(named ? ["the scale is 2E-08, which is 0 as float16, the dtype of the factors"] : [], log.ToSorted().Select(finding => finding.Message));
    }

    [Fact]
    public void An_adapter_without_effect_is_named_once()
    {
        PlainModule[] idle = [.. Enumerable.Range(0, 3).Select(layer => Idle(Module(layer)))];
        Finding finding = Assert.Single(Probe(idle));
        Assert.Equal(("TF2014", "3 modules", "every B factor is zero"), (finding.Code.Id, finding.Subject, finding.Message));
        Assert.Empty(Probe([.. idle[..2], Module(2)]));
        Assert.Empty(Probe([Module(0), .. idle[1..]]));
        Assert.Empty(Probe());
    }

    [Fact]
    public void Zero_factors_under_a_magnitude_are_not_without_effect()
    {
        PlainModule dora = Idle(Module(0)) with { Magnitude = Ones };
        Assert.Empty(Probe(dora));
        Assert.Empty(Probe(Idle(Module(1)), dora));
    }

    private static PlainModule Module(int layer) => PlainModule.Random(layer, 30, 20, 3, 2) with { Path = $"model.layers.{layer}.mlp.up_proj" };

    private static PlainModule Idle(PlainModule module) => module.Changed(value => value, _ => 0);

    private static Finding[] Probe(params PlainModule[] modules)
    {
        var log = new FindingLog();
        Adapter adapter = PlainModule.Adapter(modules);
        ValueProbes.Run(adapter, DialectRegistry.Default.Of(AdapterDialect.Mlx), new Conversion.Stages.Run(ConversionOptions.Default, log, TestContext.Current.CancellationToken));
        return [.. log.ToSorted()];
    }
}
