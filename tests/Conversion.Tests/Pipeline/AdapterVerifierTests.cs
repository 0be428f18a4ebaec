using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Conversion.Verification;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>Equal factors change the model equally only where the settings are equal by which they act.</summary>
public class AdapterVerifierTests
{
    private static SmallAdapter Adapter(string fields = "")
    {
        SmallAdapter adapter = SmallAdapter.Peft(fields);
        adapter.Pair("model.layers.0.self_attn.q_proj", 6, 6);
        return adapter;
    }

    private static VerificationResult Verify(SmallAdapter first, SmallAdapter second, params string[] allowed) =>
        AdapterVerifier.Verify(
            first.Open(), second.Open(), new ConversionOptions { ModelType = "llama", Allowed = [.. allowed] }, TestContext.Current.CancellationToken);

    [Theory]
    [InlineData("init_lora_weights", "\"pissa\"", "\"olora\"")]
    [InlineData("alora_invocation_tokens", "[1, 2]", "[1, 3]")]
    [InlineData("use_qalora", "true", "false")]
    [InlineData("layer_replication", "[[0, 1], [0, 1]]", "[[0, 1]]")]
    [InlineData("kasa_config", "{\"beta\": 1}", "{\"beta\": 2}")]
    public void A_setting_of_one_alone_is_a_difference(string field, string one, string other)
    {
        SmallAdapter set = Adapter($"\"{field}\": {one}");
        VerificationResult result = Verify(set, Adapter());
        Assert.Null(result.Comparison);
        Assert.Contains(result.Findings, finding => finding.Code.Id == "TF5023" && finding.Subject == field);
        Assert.Null(Verify(set, Adapter($"\"{field}\": {other}")).Comparison);
        Assert.True(Verify(set, Adapter($"\"{field}\": {one}")).Comparison!.Agrees(0));
        Assert.NotNull(Verify(set, Adapter(), "TF5023").Comparison);
    }

    [Fact]
    public void Rows_of_other_tokens_are_a_difference()
    {
        static SmallAdapter WithRows(string indices)
        {
            SmallAdapter adapter = Adapter($"\"trainable_token_indices\": {indices}");
            adapter.Put("base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta", Oracle.DenseArray.Zeros(2, 6));
            return adapter;
        }

        Assert.Null(Verify(WithRows("[3, 5]"), WithRows("[3, 6]")).Comparison);
        Assert.NotNull(Verify(WithRows("[3, 5]"), WithRows("[3, 5]")).Comparison);
    }

    [Fact]
    public void One_adapter_under_two_roots_is_one_where_the_base_tells()
    {
        string folder = Path.Combine(Fixtures.Root, "field", "two_roots");
        using IAdapterSource first = AdapterSource.Open(Path.Combine(folder, "in", "a")), second = AdapterSource.Open(Path.Combine(folder, "in", "b"));
        AdapterComparison known = Verify(first, second, new ConversionOptions(), BaseModel.FromFolder(Path.Combine(folder, "base")));
        Assert.True(known.Agrees(0));
        Assert.Null(known.Roots);
        Assert.Equal((6, 6), (known.Modules.Length, known.Modules.Count(module => module.IsBitEqual)));
        Assert.True(Verify(first, second, new ConversionOptions { ModelType = "gemma3" }).Agrees(0));

        AdapterComparison unknown = Verify(first, second, new ConversionOptions());
        Assert.False(unknown.Agrees(1));
        Assert.Equal(("model.layers", "model.language_model.layers"), unknown.Roots);
        Assert.Equal((6, 6), (unknown.Modules.Length, unknown.Modules.Count(module => module.IsBitEqual)));
    }

    [Theory]
    [InlineData("mlx-vlm")]
    [InlineData("mlx-swift")]
    public void What_was_written_for_another_reader_of_mlx_is_equal_where_the_base_tells(string reader)
    {
        string folder = Path.Combine(Fixtures.Root, "field", "two_roots");
        string baseFolder = Path.Combine(folder, "base");
        using var work = new TemporaryFolder();
        Run.MustConvert(Path.Combine(folder, "in", "a"), TargetProfile.MlxLm, work["lm"], baseFolder);
        Run.MustConvert(Path.Combine(folder, "in", "a"), TargetProfile.Find(reader)!, work["other"], baseFolder);
        using IAdapterSource peft = AdapterSource.Open(
            Path.Combine(folder, "in", "b")), lm = AdapterSource.Open(work["lm"]), other = AdapterSource.Open(work["other"]);
        foreach (IAdapterSource source in new[] { peft, lm })
        {
            AdapterComparison comparison = Verify(source, other, new ConversionOptions(), BaseModel.FromFolder(baseFolder));
            Assert.True(comparison.Agrees(0));
            Assert.Equal(6, comparison.Modules.Length);
        }
    }

    [Fact]
    public void Where_a_module_is_none_of_the_base_both_are_compared_as_they_are()
    {
        SmallAdapter first = Adapter(), second = Adapter();
        first.Pair("model.layers.0.self_attn.invented", 6, 6);
        VerificationResult result = Verify(first, second);
        ModuleComparison alone = result.Comparison!.Modules.Single(module => module.Presence == ModulePresence.OnlyFirst);
        Assert.Equal("model.layers.0.self_attn.invented", alone.Path);
        Assert.Empty(result.Findings);
        Assert.False(result.Comparison.Agrees(0.5));
    }

    [Fact]
    public void Magnitudes_of_peft_and_mlx_are_compared()
    {
        FixtureCase fixture = Fixtures.Case("llama_dora");
        using var work = new TemporaryFolder();
        Run.MustConvert(fixture.AdapterFolder, TargetProfile.MlxLm, work["mlx"], fixture.BaseFolder);
        using AdapterCopy changed = AdapterCopy.Of(fixture);
        OracleTensor magnitude = changed.Tensors.Values.First(tensor => tensor.Name.Contains("lora_magnitude_vector", StringComparison.Ordinal));
        changed.Put(magnitude.Name, new DenseArray(magnitude.Shape, [.. magnitude.Values.Select((value, row) => row == 3 ? value * 1.25 : value)]));
        using IAdapterSource peft = AdapterSource.Open(
            fixture.AdapterFolder), mlx = AdapterSource.Open(work["mlx"]), other = AdapterSource.Open(changed.Save());
        Assert.True(Verify(peft, mlx, new ConversionOptions(), BaseModel.FromFolder(fixture.BaseFolder)).Agrees(0));

        AdapterComparison comparison = Verify(other, mlx, new ConversionOptions(), BaseModel.FromFolder(fixture.BaseFolder));
        ModuleComparison different = comparison.Modules.Single(module => !module.Agrees(0));
        double[] values = [.. changed.Tensors[magnitude.Name].Values];
        double expected = Math.Abs(values[3] - magnitude.Values[3]) / Math.Sqrt(values.Sum(value => value * value));
        Assert.Equal(expected, different.MagnitudeError, 1e-12);
        Assert.Equal(0, different.RelativeError);
        Assert.False(comparison.Agrees(expected * 0.99));
    }

    private static AdapterComparison Verify(IAdapterSource first, IAdapterSource second, ConversionOptions options, BaseModel? baseModel = null)
    {
        VerificationResult result = AdapterVerifier.Verify(first, second, options with { Base = baseModel }, TestContext.Current.CancellationToken);
        Assert.True(result.Comparison is not null, string.Join(Environment.NewLine, result.Findings));
        return result.Comparison;
    }
}
