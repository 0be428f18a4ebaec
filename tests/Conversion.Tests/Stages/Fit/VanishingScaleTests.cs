using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Tests.Repair;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Tests.Stages.Fit;

/// <summary>Old mlx-lm's scale x alpha / rank, too small for the numbers that runtimes multiply by: named wherever it is read, and never written by repair unasked.</summary>
public class VanishingScaleTests
{
    // As float32 the first is 0; the second is 0 already in Python's numbers; of the third a part of float32's last digits is left.
    [Theory]
    [InlineData("1e-30", "1e-20", 5e-51, "5E-51, which is 0 as float32", "1E-30 x 1E-20 / 2, 5E-51")]
    [InlineData("1e-200", "1e-200", 0.0, "lora_parameters.scale is 0", "1E-200 x 1E-200 / 2, too small for Python's numbers, which make it 0")]
    [InlineData("1e-46", "2.0", 1e-46, "1E-46, which is 0 as float32", "1E-46 x 2 / 2, 1E-46")]
    public void Is_named(string scale, string alpha, double product, string doubted, string explained)
    {
        SmallAdapter adapter = Old(scale, alpha);
        foreach (TargetProfile target in new[] { TargetProfile.Peft, TargetProfile.MlxLm })
        {
            Converted converted = Run.MustConvert(adapter, target, null, Options);
            Assert.Contains(doubted, Assert.Single(converted.Findings, finding => finding.Code == MlxConfigCodes.ScaleDoubtful).Message, StringComparison.Ordinal);
            Assert.Contains(converted.Findings, finding => finding.Code == MlxConfigCodes.LegacyForm && finding.Message.EndsWith(explained, StringComparison.Ordinal));
            Assert.Equal(product != 0, converted.Has("TF2030"));
            Finding misread = Assert.Single(converted.Findings, finding => finding.Code == TargetCodes.ReaderMisreads);
            if (target == TargetProfile.MlxLm)
            {
                Assert.Contains("; written is lora_parameters.scale 0.0 (TF5571)", misread.Message, StringComparison.Ordinal);
            }
        }

        (RepairResult repaired, _) = Repairing.InMemory(adapter.Files(), Options);
        Assert.Equal(["TF3504"], repaired.Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => finding.Code.Id));
    }

    [Fact]
    public void Small_but_not_zero_is_written_as_it_is()
    {
        Converted converted = Run.MustConvert(Old("10.0", "1e-44"), TargetProfile.MlxLm, null, Options);
        Assert.DoesNotContain(converted.Findings, finding => finding.Code == MlxConfigCodes.ScaleDoubtful || finding.Code.Id == "TF2030");
        double written = converted.Config.GetProperty("lora_parameters").GetProperty("scale").GetDouble();
        Assert.Equal((float)(10.0 * 1e-44 / 2), (float)written);
        Assert.NotEqual(0, (float)written);
    }

    private static ConversionOptions Options { get; } = new() { Producer = MlxProducer.Parse("mlx-lm@0.13.1") };

    private static SmallAdapter Old(string scale, string alpha)
    {
        SmallAdapter adapter = SmallAdapter.Mlx();
        adapter.Config.Clear();
        adapter.Set("lora_layers", "16").Set("lora_parameters", $$"""{"rank": 2, "alpha": {{alpha}}, "scale": {{scale}}, "dropout": 0.0}""");
        adapter.MlxPair("model.layers.0.self_attn.q_proj", 8, 6);
        return adapter;
    }
}
