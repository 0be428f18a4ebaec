using System.Runtime.InteropServices;
using Transfuse.Apply.Saving;
using Transfuse.Apply.Tests.Support;
using Transfuse.Conversion;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Pipeline;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Saving;

/// <summary>A model in training is saved with its adapter's tensors and no others, and with a config that its layers bear out.</summary>
public class AdapterSaverTests
{
    private const string Query = "model.layers.0.self_attn.q_proj";
    private const string Value = "model.layers.1.self_attn.v_proj";

    [Fact]
    public void Saves_the_factors_of_its_layers_and_nothing_that_is_merely_called_so()
    {
        using var folder = new TemporaryFolder();
        LiveModel model = Pair(Query) with { Trainable = new HashSet<string> { $"{Query}.lora_a", $"{Query}.lora_b" } };
        model = model with
        {
            Parameters =
            [
                .. model.Parameters, Tensor($"{Query}.linear.weight", 6, 5), Tensor($"{Query}.m", 6), Tensor($"{Query}.A", 6),
                Tensor("model.layers.0.lora_router.weight", 2, 5),
                Tensor("model.layers.0.mixer.lora_a", 5, 2), Tensor("model.layers.0.mixer.m", 2), Tensor("model.norm.weight", 5),
            ],
        };

        Assert.Empty(Errors(AdapterSaver.Save(model, folder["out"])));

        var saved = SavedFolder.Read(folder["out"]);
        Assert.Equal([$"{Query}.lora_a", $"{Query}.lora_b"], saved.Names);
        Assert.Equal(("lora", (2, 4.0, 0.1)), (saved.Kind, saved.Numbers));
        Assert.Equal([Query], saved.Keys);
        Assert.Equal(model.Parameters[0].Tensor.ToSingles().Select(value => (double)value), saved.Tensors[$"{Query}.lora_a"].Values);
        Assert.Equal(model.Parameters[1].Tensor.ToSingles().Select(value => (double)value), saved.Tensors[$"{Query}.lora_b"].Values);
    }

    [Fact]
    public void A_frozen_factor_of_a_layer_is_saved_with_the_trained_one()
    {
        using var folder = new TemporaryFolder();
        LiveModel model = Pair(Query) with { Trainable = new HashSet<string> { $"{Query}.lora_b" } };

        Assert.Empty(Errors(AdapterSaver.Save(model, folder["out"])));

        Assert.Equal(2, SavedFolder.Read(folder["out"]).Tensors.Count);
    }

    [Fact]
    public void Magnitudes_are_those_of_DoRA_layers_alone()
    {
        using var folder = new TemporaryFolder();
        LiveModel model = Pair(Query);
        model = model with { Parameters = [.. model.Parameters, Tensor($"{Query}.m", 6)] };
        LiveModel dora = model with { Layers = [model.Layers[0] with { IsDora = true }] };

        Assert.Empty(Errors(AdapterSaver.Save(dora, folder["dora"])));
        ConversionResult plain = AdapterSaver.Save(model, folder["refused"]);
        Assert.Empty(Errors(AdapterSaver.Save(model, folder["lora"], new SaveOptions { Unfrozen = UnfrozenWeights.Leave })));

        Assert.Equal((3, "dora"), (SavedFolder.Read(folder["dora"]).Tensors.Count, SavedFolder.Read(folder["dora"]).Kind));
        Assert.Equal([(ApplyCodes.Unfrozen, $"{Query}.m")], Errors(plain));
        Assert.Equal((2, "lora"), (SavedFolder.Read(folder["lora"]).Tensors.Count, SavedFolder.Read(folder["lora"]).Kind));
    }

    [Fact]
    public void Weights_that_were_unfrozen_are_neither_left_nor_taken_without_a_word()
    {
        using var folder = new TemporaryFolder();
        LiveModel model = Pair(Query);
        model = model with { Parameters = [.. model.Parameters, Tensor("model.norm.weight", 5), Tensor("lm_head.weight", 7, 5)] };
        var unsloth = new SaveOptions { Target = TargetProfile.Unsloth, Config = Config("""{"base_model_name_or_path":"acme/base"}""") };

        ConversionResult refused = AdapterSaver.Save(model, folder["refused"], unsloth);
        ConversionResult left = AdapterSaver.Save(model, folder["left"], unsloth with { Unfrozen = UnfrozenWeights.Leave });
        ConversionResult taken = AdapterSaver.Save(model, folder["taken"], unsloth with { Unfrozen = UnfrozenWeights.Save });
        ConversionResult noPlace = AdapterSaver.Save(model, folder["mlx-lm"], new SaveOptions { Unfrozen = UnfrozenWeights.Save });

        Assert.Equal([(ApplyCodes.Unfrozen, "lm_head.weight")], Errors(refused));
        Assert.Contains("and 1 more", refused.Findings[0].Message, StringComparison.Ordinal);
        Assert.False(Path.Exists(folder["refused"]));
        Assert.Contains(left.Findings, finding => finding.Code == ApplyCodes.UnfrozenLeft && finding.Subject == "lm_head.weight");
        Assert.Equal([$"{Query}.lora_a", $"{Query}.lora_b"], SavedFolder.Read(folder["left"]).Names);
        Assert.Empty(Errors(taken));
        Assert.Equal(["lm_head.weight", $"{Query}.lora_a", $"{Query}.lora_b", "model.norm.weight"], SavedFolder.Read(folder["taken"]).Names);
        Assert.Equal("acme/base", ((JsonString)SavedFolder.Read(folder["taken"]).Config["base_model_name_or_path"]!).Value);
        Assert.Equal([(TensorCodes.WholeModule, "lm_head.weight"), (TensorCodes.WholeModule, "model.norm.weight")], Errors(noPlace));
        Assert.False(Path.Exists(folder["mlx-lm"]));
    }

    [Fact]
    public void A_model_without_adapter_layers_is_refused()
    {
        using var folder = new TemporaryFolder();
        var model = new LiveModel { Parameters = [Tensor("model.norm.weight", 5)], Layers = [] };

        Assert.Equal([(ApplyCodes.Unfrozen, "model.norm.weight")], Errors(AdapterSaver.Save(model, folder["out"])));
        Assert.Equal([(TensorCodes.NoModules, "the model")], Errors(AdapterSaver.Save(model with { Parameters = [] }, folder["out"])));
        Assert.Equal([(TensorCodes.NoModules, "the model")], Errors(AdapterSaver.Save(model with { Trainable = new HashSet<string>() }, folder["out"])));
        Assert.Equal(
            [(TensorCodes.NoModules, "the model")], Errors(AdapterSaver.Save(model, folder["out"], new SaveOptions { Unfrozen = UnfrozenWeights.Leave })));
        Assert.False(Path.Exists(folder["out"]));
    }

    [Theory]
    [InlineData("mlx-lm")]
    [InlineData("mlx-vlm")]
    [InlineData("unsloth")]
    public void No_field_of_an_adapter_survives_in_the_config_of_a_full_fine_tune(string target)
    {
        using var folder = new TemporaryFolder();
        var model = new LiveModel { Parameters = [Tensor("model.norm.weight", 5)], Layers = [] };
        JsonObject config = Config(
            """
            {"fine_tune_type":"lora","peft_type":"LORA","lora_parameters":{"rank":8,"scale":2.0,"dropout":0.0,"keys":["self_attn.q_proj"]},"rank":8,"scale":2.0,
            "dropout":0.1,"num_layers":4,"lora_layers":4,"alpha":16,"use_dora":false,"keys":["a"],"base_model_name_or_path":"acme/base","learning_rate":0.1,
            "requires_unsloth_mlx_runtime_quantization":false,"unsloth_mlx_lora_module_paths":[]}
            """);

        ConversionResult result = AdapterSaver.Save(
            model, folder["out"], new SaveOptions { Target = TargetProfile.Find(target)!, Unfrozen = UnfrozenWeights.Save, Config = config });

        Assert.Empty(Errors(result));
        var saved = SavedFolder.Read(folder["out"]);
        string[] own = target switch
        {
            "mlx-vlm" => ["base_model_name_or_path", "fine_tune_type", "learning_rate", "lora_parameters"],
            "unsloth" => ["base_model_name_or_path", "fine_tune_type", "learning_rate", "requires_unsloth_mlx_runtime_quantization"],
            _ => ["base_model_name_or_path", "fine_tune_type", "learning_rate"],
        };
        Assert.Equal(own, saved.Config.Members.Select(member => member.Key).Order(StringComparer.Ordinal));
        Assert.Equal("full", saved.Kind);
        Assert.Equal(["model.norm.weight"], saved.Names);
    }

    [Theory]
    [InlineData("mlx-swift")]
    [InlineData("peft")]
    public void A_reader_that_knows_no_full_fine_tune_gets_none(string target)
    {
        using var folder = new TemporaryFolder();
        var model = new LiveModel { Parameters = [Tensor("model.norm.weight", 5)], Layers = [] };

        ConversionResult result = AdapterSaver.Save(
            model, folder["out"], new SaveOptions { Target = TargetProfile.Find(target)!, Unfrozen = UnfrozenWeights.Save });

        Assert.NotEmpty(Errors(result));
        Assert.False(Path.Exists(folder["out"]));
    }

    [Theory]
    [InlineData("lora_a")]
    [InlineData("lora_b")]
    [InlineData("")]
    public void A_half_pair_is_refused(string kept)
    {
        using var folder = new TemporaryFolder();
        LiveModel model = Join(Pair(Query), Pair(Value));
        model = model with
        {
            Parameters =
            [
                .. model.Parameters.Where(parameter => parameter.Name.StartsWith(Query, StringComparison.Ordinal) || parameter.Name == $"{Value}.{kept}"),
            ],
        };

        Assert.Equal([(TensorCodes.HalfPair, Value)], Errors(AdapterSaver.Save(model, folder["out"])));
        Assert.False(Path.Exists(folder["out"]));
    }

    [Fact]
    public void Factors_that_contradict_each_other_are_refused_and_no_rank_is_borrowed()
    {
        using var folder = new TemporaryFolder();
        LiveModel model = Join(Pair(Query), Pair(Value));
        model = model with
        {
            Parameters = [.. model.Parameters.Select(parameter => parameter.Name == $"{Value}.lora_b" ? Tensor(parameter.Name, 3, 6) : parameter)],
        };

        Assert.Equal([(TensorCodes.RankMismatch, Value)], Errors(AdapterSaver.Save(model, folder["out"])));
        Assert.NotEmpty(Errors(AdapterSaver.Save(model, folder["out"], new SaveOptions { Modules = MlxTopology.Of(Value) })));
    }

    [Theory]
    [InlineData(new double[0], null)]
    [InlineData(new[] { 2.5 }, 2.5)]
    [InlineData(new[] { 2.5, 2.5, 2.5 }, 2.5)]
    [InlineData(new[] { 2.5, 3 }, null)]
    [InlineData(new[] { double.NaN }, null)]
    [InlineData(new[] { double.PositiveInfinity }, null)]
    [InlineData(new[] { 1e300 }, null)]
    public void A_scale_may_be_an_array_of_one_value_and_is_never_guessed(double[] scale, double? expected)
    {
        using var folder = new TemporaryFolder();
        LiveModel model = Pair(Query);
        model = model with { Layers = [model.Layers[0] with { Scale = [.. scale] }] };

        ConversionResult result = AdapterSaver.Save(model, folder["out"]);

        Assert.Equal(expected is null ? [(ApplyCodes.ScaleUnknown, Query)] : [], Errors(result));
        Assert.Equal(expected, result.IsWritten ? SavedFolder.Read(folder["out"]).Numbers.Scale : null);
    }

    [Theory]
    [InlineData(null, null, 0)]
    [InlineData(null, 0.25, 0.25)]
    [InlineData(0.9, null, 0.1)]
    [InlineData(0.9, 0.5, 0.1)]
    [InlineData(1.0, 0.5, 0)]
    [InlineData(0.0, 0.5, 0.5)]
    public void Dropout_is_p_unless_a_keep_probability_says_otherwise(double? keep, double? p, double expected)
    {
        using var folder = new TemporaryFolder();
        LiveModel model = Pair(Query);
        model = model with { Layers = [model.Layers[0] with { KeepProbability = keep is 0.9 ? 1 - 0.1 : keep, Dropout = p }] };

        Assert.Empty(Errors(AdapterSaver.Save(model, folder["out"])));

        Assert.Equal(expected, SavedFolder.Read(folder["out"]).Numbers.Dropout);
    }

    [Fact]
    public void Factors_that_are_layers_of_their_own_are_turned_around()
    {
        using var folder = new TemporaryFolder();
        NamedTensor a = Tensor($"{Query}.lora_a.weight", 2, 5), b = Tensor($"{Query}.lora_b.weight", 6, 2);
        LiveModel model = Pair(Query) with { Parameters = [a, b] };

        Assert.Empty(Errors(AdapterSaver.Save(model, folder["out"])));

        var saved = SavedFolder.Read(folder["out"]);
        Assert.Equal([5, 2], saved.Tensors[$"{Query}.lora_a"].Shape);
        Assert.Equal([2, 6], saved.Tensors[$"{Query}.lora_b"].Shape);
        float[] values = a.Tensor.ToSingles();
        Assert.Equal((double)values[(1 * 5) + 3], saved.Tensors[$"{Query}.lora_a"].Values[(3 * 2) + 1]);
        Assert.Equal(2, saved.Numbers.Rank);
    }

    [Fact]
    public void Experts_of_either_form_are_saved_stacked()
    {
        using var folder = new TemporaryFolder();
        const string Up = "model.layers.0.mlp.switch_mlp.up_proj", Down = "model.layers.0.mlp.switch_mlp.down_proj";
        LiveModel model = Join(Pair(Up), Pair(Down)) with
        {
            Parameters = [Tensor($"{Up}.lora_a", 3, 2, 5), Tensor($"{Up}.lora_b", 3, 6, 2), Tensor($"{Down}.lora_a", 6, 5), Tensor($"{Down}.lora_b", 3, 6, 2)],
        };

        Assert.Empty(Errors(AdapterSaver.Save(model, folder["out"])));

        var saved = SavedFolder.Read(folder["out"]);
        Assert.Equal([3, 2, 5], saved.Tensors[$"{Up}.lora_a"].Shape);
        Assert.Equal([3, 2, 5], saved.Tensors[$"{Down}.lora_a"].Shape);
        Assert.Equal(2, saved.Numbers.Rank);
    }

    [Fact]
    public void Layers_that_differ_in_rank_and_scale_do_what_they_did()
    {
        using var folder = new TemporaryFolder();
        LiveModel model = Join(Pair(Query), Pair(Value));
        model = model with
        {
            Parameters = [.. model.Parameters.Take(2), Tensor($"{Value}.lora_a", 5, 3), Tensor($"{Value}.lora_b", 3, 6)],
            Layers = [model.Layers[0], model.Layers[1] with { Scale = [8] }],
        };

        ConversionResult result = AdapterSaver.Save(model, folder["out"], new SaveOptions { Conversion = new ConversionOptions { Verify = true } });

        Assert.Empty(Errors(result));
        Assert.Equal(2, result.Comparison!.Modules.Length);
        Assert.All(result.Comparison.Modules, module => Assert.InRange(module.RelativeError, 0, 1e-7));
        Assert.Equal(3, SavedFolder.Read(folder["out"]).Numbers.Rank);
    }

    public static TheoryData<string, object?, string[]> Lists { get; } = new()
    {
        { "null", null, [Query, Value] },
        { "nothing", string.Empty, [Query, Value] },
        { "an empty list", Array.Empty<string>(), [Query, Value] },
        { "a string", Value, [Value] },
        { "a list", new[] { Value, string.Empty, Value }, [Value] },
        { "a nested list", new object?[] { null, new object[] { new List<string> { Value } }, Query }, [Query, Value] },
        { "a path of a module", ModulePath.Parse(Value), [Value] },
        { "a path of a file", new FileInfo(Value), [Value] },
        { "a dictionary", new Dictionary<string, object?> { ["first"] = new[] { Value }, ["second"] = null }, [Value] },
        { "a field", Config($$"""{"x":[["{{Value}}"],{"y":""}]}""")["x"], [Value] },
    };

    [Theory]
    [MemberData(nameof(Lists))]
    public void A_list_of_modules_is_respected_in_every_form(string form, object? list, string[] expected)
    {
        using var folder = new TemporaryFolder();

        ConversionResult result = AdapterSaver.Save(Join(Pair(Query), Pair(Value)), folder["out"], new SaveOptions
        {
            Target = TargetProfile.Unsloth, Modules = MlxTopology.Of(list), Config = Config("""{"base_model_name_or_path":"acme/base"}"""),
        });

        Assert.True(Errors(result) is [], form);
        var saved = SavedFolder.Read(folder["out"]);
        Assert.Equal(expected, saved.Keys);
        Assert.Equal(expected, SavedFolder.Texts(saved.Config[MlxTopology.Field]));
        Assert.Equal(expected.SelectMany(path => new[] { $"{path}.lora_a", $"{path}.lora_b" }), saved.Names);
        Assert.Equal(expected.Length == 1, result.Findings.Any(finding => finding.Code == ApplyCodes.LayersLeft && finding.Subject == Query));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"model.layers.1.self_attn.v_proj\"")]
    public void The_list_of_the_config_counts_where_none_is_given(string list)
    {
        using var folder = new TemporaryFolder();

        ConversionResult result = AdapterSaver.Save(
            Join(Pair(Query), Pair(Value)), folder["out"], new SaveOptions { Config = Config($$"""{"unsloth_mlx_lora_module_paths":{{list}}}""") });

        Assert.Empty(Errors(result));
        Assert.Equal(list[0] == '"' ? [Value] : [Query, Value], SavedFolder.Read(folder["out"]).Keys);
        Assert.False(SavedFolder.Read(folder["out"]).Config.Contains(MlxTopology.Field));
    }

    [Fact]
    public void What_is_no_path_is_no_list_of_modules()
    {
        Assert.Throws<ArgumentException>(() => MlxTopology.Of(123));
        Assert.Throws<ArgumentException>(() => MlxTopology.Of(new object[] { "a", 1.5 }));
    }

    [Fact]
    public void The_number_of_layers_is_the_base_s()
    {
        using var folder = new TemporaryFolder();
        ModelCase recorded = ModelCase.Load("llama");
        var model = BaseModel.FromFolder(recorded.Base);
        LiveModel live = Pair(Query) with { Parameters = [Tensor($"{Query}.lora_a", 32, 2), Tensor($"{Query}.lora_b", 2, 32)] };

        Assert.Empty(Errors(AdapterSaver.Save(live, folder["out"], new SaveOptions { Conversion = new ConversionOptions { Base = model } })));
        Assert.NotEmpty(Errors(AdapterSaver.Save(Pair(Query), folder["other"], new SaveOptions { Conversion = new ConversionOptions { Base = model } })));

        Assert.Equal(2, SavedFolder.Read(folder["out"]).Layers);
    }

    [Fact]
    public void Two_parameters_of_one_name_are_a_mistake_of_the_caller() =>
        Assert.Throws<ArgumentException>(() => AdapterSaver.Save(Join(Pair(Query), Pair(Query)), Path.Combine(Path.GetTempPath(), "never")));

    private static LiveModel Pair(string path) => new()
    {
        Parameters = [Tensor($"{path}.lora_a", 5, 2), Tensor($"{path}.lora_b", 2, 6)],
        Layers = [new LiveLayer(path) { Scale = [4], KeepProbability = 1 - 0.1 }],
    };

    private static LiveModel Join(LiveModel first, LiveModel second) =>
        first with { Parameters = [.. first.Parameters, .. second.Parameters], Layers = [.. first.Layers, .. second.Layers] };

    private static NamedTensor Tensor(string name, params long[] shape)
    {
        var extents = new TensorShape(shape);
        float[] values = [.. Enumerable.Range(0, (int)extents.ElementCount).Select(i => ((i * 37) % 19) - 9 + (name.Length / 64f))];
        return new NamedTensor(name, new MemoryTensor(DType.F32, extents, MemoryMarshal.AsBytes(values.AsSpan()).ToArray()));
    }

    private static JsonObject Config(string json) => PythonJson.ParseObject(System.Text.Encoding.UTF8.GetBytes(json), "config");

    private static (FindingCode Code, string Subject)[] Errors(ConversionResult result)
    {
        (FindingCode, string)[] errors =
            [.. result.Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => (finding.Code, finding.Subject))];
        Assert.Equal(errors is [], result.IsWritten);
        return errors;
    }
}
