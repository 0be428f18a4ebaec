using Transfuse.Apply.Backends;
using Transfuse.Apply.Models;
using Transfuse.Apply.Tests.Support;
using Transfuse.Conversion;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Models;

/// <summary>Adapters and bases as PEFT and mlx-lm wrote them: the logits are those that they recorded, from the folder of either program.</summary>
public abstract class FixtureBaseTests(Func<ITensorBackend> newBackend)
{
    /// <summary>Adapters that do more than low-rank factors can, or that MLX's layout has no place for; each is refused by the name of what it holds.</summary>
    private static readonly Dictionary<string, string> Refused = new(StringComparer.Ordinal)
    {
        ["deepseek_v3_attn"] = "model.layers.0.self_attn.kv_b_proj",
        ["ia3"] = "base_model.model.model.layers.0.mlp.down_proj.ia3_l",
        ["llama_bias_lora_only"] = "base_model.model.model.layers.0.self_attn.k_proj.base_layer.bias",
        ["llama_lora_bias"] = "base_model.model.model.layers.0.self_attn.k_proj.lora_B.bias",
        ["llama_modules_to_save"] = "base_model.model.lm_head.weight",
        ["llama_trainable_tokens"] = "base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta",
        ["mlx_llama_full"] = "adapter_config.json",
    };

    public static TheoryData<string, string> Applied { get; } = Pairs();

    public static TheoryData<string> NotApplied { get; } = [.. Refused.Keys];

    [Fact]
    public void Covers_57_of_64_adapters_and_50_of_them_from_both_folders()
    {
        Assert.Equal(64, Fixtures.Cases.Count);
        Assert.Equal(57, Applied.Select(row => row.Data.Item1).Distinct().Count());
        Assert.Equal(50, Applied.GroupBy(row => row.Data.Item1).Count(group => group.Count() == 2));
    }

    [Theory]
    [MemberData(nameof(Applied))]
    public void Computes_what_was_recorded(string name, string baseFolder)
    {
        FixtureCase recorded = Fixtures.Case(name);
        int[] ids = [.. recorded.InputIds.SelectMany(row => row)];
        float[] expectedBase = Values(recorded, "logits_base"), expectedAdapter = Values(recorded, "logits_adapter");

        // The cases that computed in 16 bits say how far these are from float32.
        double tolerance = recorded.ComputeDType is "bfloat16" or "float16" ? 0.05 : 1e-4 * ModelCase.Largest(expectedBase, expectedAdapter);
        using ITensorBackend backend = newBackend();
        using LanguageModel model = LanguageModel.Load(baseFolder, backend);
        using AdapterContainer adapter = AdapterContainer.FromFolder(recorded.AdapterFolder, model.Source, new ConversionOptions { Scale = GivenScale(name) });

        Assert.InRange(ModelCase.Largest(expectedBase, model.Logits(ids, recorded.InputIds.Length)), 0, tolerance);
        adapter.LoadInto(model);
        Assert.InRange(ModelCase.Largest(expectedAdapter, model.Logits(ids, recorded.InputIds.Length)), 0, tolerance);
    }

    [Theory]
    [MemberData(nameof(NotApplied))]
    public void Refuses_by_name_what_is_no_low_rank_factor(string name)
    {
        FixtureCase recorded = Fixtures.Case(name);
        using ITensorBackend backend = newBackend();
        using LanguageModel model = LanguageModel.Load(recorded.BaseFolder, backend);

        AdapterException refusal = Assert.Throws<AdapterException>(() =>
        {
            using AdapterContainer adapter = AdapterContainer.FromFolder(recorded.AdapterFolder, model.Source);
            adapter.LoadInto(model);
        });

        Assert.EndsWith(Refused[name], refusal.Subject, StringComparison.Ordinal);
        Assert.Null(model.Slots.Values.FirstOrDefault(slot => slot.Current != slot.Original));
    }

    // Two configs mean one thing or another by the version that wrote them; the cases say which it was.
    private static double? GivenScale(string name) => name switch
    {
        "legacy_alpha_ambiguous" => 10,
        "vlm_legacy" => Fixtures.Case(name).Json.GetProperty("scale").GetDouble(),
        _ => null,
    };

    private static float[] Values(FixtureCase recorded, string name) => [.. recorded.Expected[name].Values.Select(value => (float)value)];

    private static TheoryData<string, string> Pairs()
    {
        var data = new TheoryData<string, string>();
        foreach (FixtureCase recorded in Fixtures.Cases.Where(recorded => !Refused.ContainsKey(recorded.Name)))
        {
            data.Add(recorded.Name, recorded.BaseFolder);
            string other = recorded.IsPeft ? Fixtures.MlxBaseFolder(recorded.Base) : Fixtures.HfBaseFolder(recorded.Base);
            if (Directory.Exists(other))
            {
                data.Add(recorded.Name, other);
            }
        }

        return data;
    }
}
