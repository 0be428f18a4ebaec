using Transfuse.Apply.Backends;
using Transfuse.Apply.Fusing;
using Transfuse.Apply.Models;
using Transfuse.Apply.Tests.Support;
using Transfuse.Conversion;
using Transfuse.Metadata.Mlx;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Fusing;

/// <summary>A model that was fused and then run gives the logits that mlx-lm recorded after its own fuse, on quantized bases too.</summary>
public abstract class FusedLogitsTests(Func<ITensorBackend> newBackend)
{
    public static TheoryData<string> Cases { get; } =
        [.. Fixtures.MlxCases.Where(fixture => fixture.Expected.ContainsKey("logits_fused")).Select(fixture => fixture.Name)];

    [Fact]
    public void There_are_24_cases() => Assert.Equal(24, Cases.Count);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gives_what_mlx_lm_recorded_after_its_fuse(string name)
    {
        FixtureCase recorded = Fixtures.Case(name);
        using var folder = new TemporaryFolder();
        string? producer = name switch { "legacy_alpha_ambiguous" => "mlx-lm@0.18.2", "vlm_legacy" => "mlx-vlm@0.5.0", _ => null };
        var options = new FusionOptions { Reading = ConversionOptions.Default with { Producer = producer is null ? null : MlxProducer.Parse(producer) } };

        // mlx-lm fused in float32 but for this case, whose sum it rounds twice where Transfuse rounds once; so nothing else is rounded to 16 bits here.
        bool isRounded = name == "mlx_llama_bf16";
        Merge.Succeed(isRounded ? recorded.BaseFolder : Merge.InFloat32(recorded.BaseFolder, folder["base"]), folder["out"], options, recorded.AdapterFolder);
        using ITensorBackend backend = newBackend();
        using LanguageModel model = LanguageModel.Load(folder["out"], backend);

        float[] logits = model.Logits([.. recorded.InputIds.SelectMany(row => row)], recorded.InputIds.Length);

        float[] expected = Values(recorded, "logits_fused");
        double shift = ModelCase.Largest(Values(recorded, "logits_base"), Values(recorded, "logits_adapter")), error = ModelCase.Largest(expected, logits);
        Assert.True(
            error <= (isRounded ? 5e-3 : 1e-4) * shift, FormattableString.Invariant($"{name}: error {error:G3}, shift {shift:G3}, {recorded.ComputeDType}"));
    }

    private static float[] Values(FixtureCase recorded, string name) => [.. recorded.Expected[name].Values.Select(value => (float)value)];
}
