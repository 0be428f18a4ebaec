using System.Text.Json;
using Transfuse.Apply.Fusing;
using Transfuse.Conversion;
using Transfuse.Metadata.Mlx;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Fusing;

/// <summary>
/// Adapters of MLX on bases in MLX layout, quantized and not, against the Oracle: in double precision where floats are rounded once, to the bit where MLX
/// quantizes.
/// </summary>
public class MlxMergeTests
{
    // How the three folders that mean one thing or another by version were made.
    private static readonly Dictionary<string, string> Producers = new(
        StringComparer.Ordinal) { ["legacy_alpha_ambiguous"] = "mlx-lm@0.18.2", ["vlm_legacy"] = "mlx-vlm@0.5.0" };

    public static TheoryData<string> Cases { get; } = [.. Fixtures.MlxCases.Select(fixture => fixture.Name).Where(name => name != "mlx_llama_full")];

    public static TheoryData<string> Models { get; } =
        [.. Directory.GetDirectories(Path.Combine(Fixtures.Root, "models")).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    [Fact]
    public void There_are_24_adapters_and_177_models() => Assert.Equal((24, 177), (Cases.Count, Models.Count));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Recorded_adapters_are_merged_as_the_oracle_does(string name)
    {
        FixtureCase fixture = Fixtures.Case(name);
        double? scale = Producers.ContainsKey(name) || name == "legacy_npz" ? fixture.Json.GetNumber("scale", double.NaN) : null;
        Check(fixture.BaseFolder, fixture.AdapterFolder, scale, Producers.GetValueOrDefault(name));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Adapters_of_every_model_type_are_merged_as_the_oracle_does(string name)
    {
        string folder = Path.Combine(Fixtures.Root, "models", name);
        Check(Path.Combine(folder, "base"), Path.Combine(folder, "adapter"), null, null);
    }

    private static void Check(string model, string adapter, double? scale, string? producer)
    {
        using var folder = new TemporaryFolder();
        JsonElement config = Merge.Config(model);
        var options = new FusionOptions { Reading = ConversionOptions.Default with { Producer = producer is null ? null : MlxProducer.Parse(producer) } };
        FusionResult result = Merge.Succeed(model, folder["out"], options, adapter);
        Dictionary<string, OracleTensor> before = Merge.Weights(model), after = Merge.Weights(folder["out"]);
        IReadOnlyDictionary<string, OracleTensor> factors = MlxFiles.ReadTensors(adapter);
        MlxReading reading = MlxOracle.Read(adapter, module => IsEmbedding(before, config, factors, module), scale);

        Assert.Empty(reading.Unread);
        string[] modules = [.. reading.Deltas.Keys.Select(path => InBase(path, before))];
        Assert.Equal(modules.Select(module => module + ".weight").Order(StringComparer.Ordinal), result.Weights.Select(weight => weight.Name));
        Merge.AssertRestIsKept(before, after, modules.SelectMany(module => new[] { module + ".weight", module + ".scales", module + ".biases" }).ToHashSet());
        foreach ((string path, OracleDelta delta) in reading.Deltas)
        {
            string module = InBase(path, before);
            if (before.ContainsKey(module + ".scales"))
            {
                QuantizedMerge.AssertBits(module, before, after, MlxForm.Of(config, module)!, factors, delta);
            }
            else
            {
                DenseArray weight = before[module + ".weight"].ToArray();
                Merge.AssertRoundedOnce(after[module + ".weight"], weight, delta.ApplyTo(weight), module);
            }
        }
    }

    // mlx-vlm's folder is for the same model below another root.
    private static string InBase(string module, Dictionary<string, OracleTensor> weights) =>
        weights.ContainsKey(module + ".weight") ? module : module["language_model.".Length..];

    // lora_a of an embedding has a row for each token.
    private static bool IsEmbedding(
        Dictionary<string, OracleTensor> weights, JsonElement config, IReadOnlyDictionary<string, OracleTensor> factors, string module)
    {
        if (!factors.TryGetValue(module + ".lora_a", out OracleTensor? a) || a.Shape.Length != 2)
        {
            return false;
        }

        OracleTensor weight = weights[InBase(module, weights) + ".weight"];
        long columns = weight.DType == "U32" ? weight.Shape[^1] * 32 / MlxForm.Of(config, module)!.Bits : weight.Shape[^1];
        return module.EndsWith("embed_tokens", StringComparison.Ordinal) || (a.Shape[0] == weight.Shape[0] && a.Shape[0] != columns);
    }
}
