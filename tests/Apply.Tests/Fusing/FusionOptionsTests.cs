using System.Text.Json;
using Transfuse.Apply.Fusing;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Fusing;

/// <summary>Strength, several adapters, quantized bases made precise, dry runs.</summary>
public class FusionOptionsTests
{
    private static readonly string Llama = Fixtures.HfBaseFolder("llama");

    [Fact]
    public void Strength_multiplies_the_change_of_a_product()
    {
        using var folder = new TemporaryFolder();
        FixtureCase fixture = Fixtures.Case("llama_all_linear");
        string model = Merge.InFloat32(Llama, folder["base"]);

        Merge.Succeed(model, folder["out"], new FusionOptions { Strength = -0.25 }, fixture.AdapterFolder);

        AssertChanges(
            folder,
            PeftOracle.Read(fixture.AdapterFolder, HfBase.Fixture("llama")).Deltas.ToDictionary(
                delta => delta.Key, delta => Dense.Scale(delta.Value.Delta, -0.25)));
    }

    [Fact]
    public void Strength_goes_that_share_of_the_way_to_what_dora_makes_of_a_weight()
    {
        using var folder = new TemporaryFolder();
        FixtureCase fixture = Fixtures.Case("llama_dora");
        HfBase hf = HfBase.Fixture("llama");
        string model = Merge.InFloat32(Llama, folder["base"]);

        Merge.Succeed(model, folder["out"], new FusionOptions { Strength = 0.5 }, fixture.AdapterFolder);

        AssertChanges(folder, PeftOracle.Read(fixture.AdapterFolder, hf).Deltas.ToDictionary(
            delta => delta.Key, delta => Dense.Scale(Dense.Add(delta.Value.ApplyTo(hf.Weights[delta.Key]), Dense.Negate(hf.Weights[delta.Key])), 0.5)));
    }

    [Fact]
    public void Several_adapters_are_one_sum()
    {
        using var folder = new TemporaryFolder();
        FixtureCase first = Fixtures.Case("llama_all_linear"), second = Fixtures.Case("llama_rslora"), third = Fixtures.Case("mlx_llama_qv");
        string model = Merge.InFloat32(Llama, folder["base"]);

        Merge.Succeed(model, folder["out"], null, first.AdapterFolder, second.AdapterFolder, third.AdapterFolder);

        HfBase hf = HfBase.Fixture("llama");
        IEnumerable<KeyValuePair<string, DenseArray>> all =
        [
            .. PeftOracle.Read(first.AdapterFolder, hf).DeltaArrays, .. PeftOracle.Read(second.AdapterFolder, hf).DeltaArrays,
            .. MlxOracle.Read(third.AdapterFolder).DeltaArrays.Select(delta => KeyValuePair.Create(delta.Key + ".weight", delta.Value)),
        ];
        AssertChanges(
            folder, all.GroupBy(delta => delta.Key).ToDictionary(group => group.Key, group => group.Select(delta => delta.Value).Aggregate(Dense.Add)));
    }

    [Fact]
    public void Dora_comes_in_the_order_given()
    {
        using var folder = new TemporaryFolder();
        FixtureCase dora = Fixtures.Case("llama_dora"), plain = Fixtures.Case("llama_all_linear");
        HfBase hf = HfBase.Fixture("llama");
        string model = Merge.InFloat32(Llama, folder["base"]);
        IReadOnlyDictionary<string, OracleDelta> one = PeftOracle.Read(dora.AdapterFolder, hf).Deltas, other = PeftOracle.Read(plain.AdapterFolder, hf).Deltas;

        Merge.Succeed(model, folder["out"], null, dora.AdapterFolder, plain.AdapterFolder);
        AssertChanges(folder, Change((weight, path) => other[path].ApplyTo(one[path].ApplyTo(weight))));
        Merge.Succeed(model, folder["out2"], null, plain.AdapterFolder, dora.AdapterFolder);
        AssertChanges(folder, Change((weight, path) => one[path].ApplyTo(other[path].ApplyTo(weight))), "out2");

        Dictionary<string, DenseArray> Change(Func<DenseArray, string, DenseArray> apply) =>
            one.Keys.ToDictionary(path => path, path => Dense.Add(apply(hf.Weights[path], path), Dense.Negate(hf.Weights[path])));
    }

    [Theory]
    [InlineData("llama-q4", "mlx_llama_q4")]
    [InlineData("llama-mxfp4", "mlx_llama_mxfp4")]
    [InlineData("qwen3_moe-q4", "mlx_qwen3_moe_q4")]
    public void Dequantize_writes_floats_and_no_quantization(string model, string adapter)
    {
        using var folder = new TemporaryFolder();
        FixtureCase fixture = Fixtures.Case(adapter);

        FusionResult result = Merge.Succeed(Fixtures.MlxBaseFolder(model), folder["out"], new FusionOptions { Dequantize = true }, fixture.AdapterFolder);

        MlxBase mlx = MlxBase.Fixture(model);
        Dictionary<string, OracleTensor> after = Merge.Weights(folder["out"]);
        MlxReading reading = MlxOracle.Read(fixture.AdapterFolder);
        QuantizedWeights(model).ForEach(module => Merge.AssertRoundedOnce(
            after[module.Name + ".weight"], module.Weight,
            reading.Deltas.TryGetValue(module.Name, out OracleDelta? delta) ? delta.ApplyTo(module.Weight) : module.Weight, module.Name));
        Assert.Equal(mlx.Weights.Keys.Order(StringComparer.Ordinal), after.Keys.Order(StringComparer.Ordinal));
        Assert.All(after.Values, tensor => Assert.Equal("BF16", tensor.DType));
        JsonElement config = Merge.Config(folder["out"]);
        Assert.False(config.Has("quantization") || config.Has("quantization_config"));
        Assert.InRange(result.Loss!.Value, 0.001, 0.004);
    }

    [Fact]
    public void An_adapter_that_quantization_erases_is_reported_as_lost()
    {
        using var folder = new TemporaryFolder();
        string model = Fixtures.MlxBaseFolder("llama-q4"), adapter = Fixtures.Case("mlx_llama_q4").AdapterFolder;

        FusionResult quantized = Merge.Succeed(model, folder["q"], new FusionOptions { Strength = 1e-6 }, adapter);
        FusionResult floats = Merge.Succeed(model, folder["f"], new FusionOptions { Strength = 1e-6, Dequantize = true }, adapter);
        FusionResult kept = Merge.Succeed(Llama, folder["b"], new FusionOptions { Strength = 1e-6 }, Fixtures.Case("llama_qv").AdapterFolder);

        Assert.True(quantized.Loss > 0.9, $"{quantized.Loss}");
        Assert.True(floats.Loss > 0.9, $"{floats.Loss}");
        Assert.Contains(kept.Findings, finding => finding.Code.Id == "TF6009");
    }

    [Fact]
    public void Keep_precision_leaves_those_modules_unquantized_that_lose_more_and_says_so_in_the_config()
    {
        using var folder = new TemporaryFolder();
        string model = Fixtures.MlxBaseFolder("llama-q4"), adapter = Fixtures.Case("mlx_llama_q4").AdapterFolder;
        FusionResult all = Merge.Succeed(model, folder["all"], null, adapter);
        double limit = all.Weights.Select(weight => weight.Loss!.Value).Order().ElementAt(all.Weights.Length / 2);

        FusionResult result = Merge.Succeed(model, folder["out"], new FusionOptions { KeepPrecision = limit }, adapter);

        string[] kept = [.. all.Weights.Where(weight => weight.Loss > limit).Select(weight => weight.Name)];
        Assert.InRange(kept.Length, 5, all.Weights.Length / 2);
        Assert.Equal(kept, result.Weights.Where(weight => weight.IsKeptPrecise).Select(weight => weight.Name));
        Dictionary<string, OracleTensor> after = Merge.Weights(folder["out"]), whole = Merge.Weights(folder["all"]);
        foreach (FusedWeight weight in result.Weights)
        {
            string module = weight.Name[..^".weight".Length];
            bool isKept = kept.Contains(weight.Name);
            Assert.Equal(isKept ? "BF16" : "U32", after[weight.Name].DType);
            Assert.Equal(!isKept, after.ContainsKey(module + ".scales") && after.ContainsKey(module + ".biases"));
            foreach (string block in new[] { "quantization", "quantization_config" })
            {
                Assert.Equal(
                    isKept,
                    Merge.Config(folder["out"]).GetProperty(block).TryGetProperty(module, out JsonElement entry) && entry.ValueKind == JsonValueKind.False);
            }

            Assert.True(isKept || whole[weight.Name].Bytes.AsSpan().SequenceEqual(after[weight.Name].Bytes), weight.Name);
        }

        Assert.Contains(
            result.Findings,
            finding =>
                finding.Code.Id == "TF6010" && finding.Message.StartsWith($"{kept.Length} of 21 modules would lose more than", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, 0.5)]
    public void Options_for_quantized_bases_are_refused_for_others(bool dequantize, double? keep)
    {
        using var folder = new TemporaryFolder();

        FusionResult result = Merge.Run(
            Llama, folder["out"], new FusionOptions { Dequantize = dequantize, KeepPrecision = keep }, Fixtures.Case("llama_qv").AdapterFolder);

        Assert.Equal("TF6016", Assert.Single(result.Findings).Code.Id);
    }

    [Fact]
    public void Dry_run_lists_what_would_change_and_writes_nothing()
    {
        using var folder = new TemporaryFolder();

        FusionResult result = Merge.Run(Llama, folder["out"], new FusionOptions { DryRun = true }, Fixtures.Case("llama_qv").AdapterFolder);

        Assert.True(result.Succeeded);
        Assert.False(result.IsWritten);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
        Assert.Equal((6, 24), (result.Weights.Length, result.Kept));
        Assert.Equal(
            ("model.layers.0.self_attn.q_proj.weight", "rank 8 x 2", "BF16"), (result.Weights[0].Name, result.Weights[0].Change, result.Weights[0].Form));
    }

    [Fact]
    public void Progress_ends_with_all_bytes()
    {
        using var folder = new TemporaryFolder();
        var seen = new List<FusionProgress>();
        var options = new FusionOptions { Progress = new Listener(seen) };

        Merge.Succeed(Llama, folder["out"], options, Fixtures.Case("llama_all_linear").AdapterFolder);

        long bytes = Merge.Weights(Llama).Values.Sum(tensor => tensor.Bytes.LongLength);
        Assert.Equal(new FusionProgress(bytes, bytes), seen.MaxBy(progress => progress.Done));
    }

    [Fact]
    public void Cancelled_run_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();
        var options = new FusionOptions { Progress = new Canceller(source) };

        Assert.ThrowsAny<OperationCanceledException>(() => ModelFusion.Fuse(
            Conversion.Models.Bases.BaseModel.FromFolder(Llama), [Conversion.Sources.AdapterSource.Open(Fixtures.Case("llama_qv").AdapterFolder)],
            folder["out"], options, source.Token));

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    private static void AssertChanges(TemporaryFolder folder, Dictionary<string, DenseArray> expected, string output = "out")
    {
        Dictionary<string, OracleTensor> before = Merge.Weights(folder["base"]), after = Merge.Weights(folder[output]);
        Merge.AssertRestIsKept(before, after, expected.Keys.ToHashSet());
        foreach ((string name, DenseArray change) in expected)
        {
            DeltaComparison.AssertClose(Dense.Add(after[name].ToArray(), Dense.Negate(before[name].ToArray())), change, 3e-6, name);
        }
    }

    private static List<(string Name, DenseArray Weight)> QuantizedWeights(string model)
    {
        string folder = Fixtures.MlxBaseFolder(model);
        JsonElement config = Merge.Config(folder);
        Dictionary<string, OracleTensor> file = Merge.Weights(folder);
        return [.. file.Keys.Where(name => name.EndsWith(".scales", StringComparison.Ordinal)).Select(name => name[..^".scales".Length]).Select(module => (
            module,
            Oracle.MlxQuantizer.Dequantize(
                file[module + ".weight"], file[module + ".scales"], file.GetValueOrDefault(module + ".biases"), MlxForm.Of(config, module)!, "BF16")))];
    }

    private sealed class Listener(List<FusionProgress> seen) : IProgress<FusionProgress>
    {
        public void Report(FusionProgress value)
        {
            lock (seen)
            {
                seen.Add(value);
            }
        }
    }

    private sealed class Canceller(CancellationTokenSource source) : IProgress<FusionProgress>
    {
        public void Report(FusionProgress value) => source.Cancel();
    }
}
