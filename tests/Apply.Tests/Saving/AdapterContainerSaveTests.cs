using Transfuse.Apply.Backends.Managed;
using Transfuse.Apply.Models;
using Transfuse.Apply.Saving;
using Transfuse.Apply.Tests.Support;
using Transfuse.Conversion;
using Transfuse.Conversion.Pipeline;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Apply.Tests.Saving;

/// <summary>What a container saves is what a reader loads again: the same logits, a complete config, and no tensor that is not the adapter's.</summary>
public class AdapterContainerSaveTests
{
    [Theory]
    [InlineData("llama")]
    [InlineData("qwen3_moe")]
    [InlineData("llama_q4")]
    [InlineData("gemma3_text")]
    public void Gives_the_same_logits_when_it_is_read_again(string name)
    {
        ModelCase recorded = ModelCase.Load(name);
        using var folder = new TemporaryFolder();
        using var backend = new ManagedBackend();
        using LanguageModel model = LanguageModel.Load(recorded.Base, backend);
        using AdapterContainer adapter = AdapterContainer.FromFolder(recorded.Adapter, model.Source);

        ConversionResult result = adapter.Save(folder["out"], new SaveOptions { Conversion = new ConversionOptions { Verify = true } });

        Assert.True(result.IsWritten, string.Join("\n", result.Findings));
        Assert.All(result.Comparison!.Modules, module => Assert.Equal(0, module.RelativeError));
        using AdapterContainer again = AdapterContainer.FromFolder(folder["out"], model.Source);
        again.LoadInto(model);
        float[] saved = model.Logits(recorded.Ids, 2);
        adapter.LoadInto(model);
        Assert.Equal(model.Logits(recorded.Ids, 2), saved);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Writes_the_factors_alone_and_a_whole_config(bool dora)
    {
        using var folder = new TemporaryFolder();
        using var backend = new ManagedBackend();
        using LanguageModel model = LanguageModel.Load(ModelCase.Load("llama").Base, backend);
        using AdapterContainer adapter = AdapterContainer.Create(
            model, new LoraConfiguration { Rank = 3, Scale = 2.5, Dropout = 0.25, IsDora = dora, Layers = 1, Keys = ["self_attn.q_proj", "mlp.up_proj"] });
        adapter.LoadInto(model);
        adapter.Enabled = false;

        Assert.True(adapter.Save(folder["out"]).IsWritten);

        var saved = SavedFolder.Read(folder["out"]);
        string[] suffixes = dora ? ["lora_a", "lora_b", "m"] : ["lora_a", "lora_b"];
        int last = model.Layers - 1;
        string[] paths = [$"model.layers.{last}.mlp.up_proj", $"model.layers.{last}.self_attn.q_proj"];
        Assert.Equal(paths.SelectMany(path => suffixes.Select(suffix => $"{path}.{suffix}")), saved.Names);
        Assert.Equal(dora ? "dora" : "lora", saved.Kind);
        Assert.Equal((3, 2.5, 0.25), saved.Numbers);
        Assert.Equal(model.Layers, saved.Layers);
        Assert.Equal(paths, saved.Keys);
        Assert.Equal(["fine_tune_type", "lora_parameters", "num_layers"], saved.Config.Members.Select(member => member.Key));
    }

    [Fact]
    public void Keeps_the_values_of_a_new_adapter_to_the_bit()
    {
        using var folder = new TemporaryFolder();
        using var backend = new ManagedBackend();
        using LanguageModel model = LanguageModel.Load(ModelCase.Load("llama").Base, backend);
        using AdapterContainer adapter = AdapterContainer.Create(model, new LoraConfiguration { Rank = 4, Keys = ["self_attn.q_proj"] });

        Assert.True(adapter.Save(folder["out"]).IsWritten);

        var saved = SavedFolder.Read(folder["out"]);
        AdapterModule module = adapter.Adapter.Modules[0];
        float[] a = module.A.ToSingles();
        double[] stored = saved.Tensors[module.Path + ".lora_a"].Values;
        long inputs = module.InputSize;
        Assert.Equal(inputs * 4, stored.Length);
        for (int i = 0; i < inputs; i++)
        {
            for (int j = 0; j < 4; j++)
            {
                Assert.Equal(a[(j * inputs) + i], stored[(i * 4) + j]);
            }
        }

        Assert.All(saved.Tensors[module.Path + ".lora_b"].Values, value => Assert.Equal(0, value));
    }

    [Fact]
    public void Modules_with_scales_of_their_own_keep_what_they_do()
    {
        ModelCase recorded = ModelCase.Load("llama");
        using var folder = new TemporaryFolder();
        using var backend = new ManagedBackend();
        using LanguageModel model = LanguageModel.Load(recorded.Base, backend);
        using AdapterContainer read = AdapterContainer.FromFolder(recorded.Adapter, model.Source);
        using AdapterContainer adapter = AdapterContainer.FromAdapter(read.Adapter with
        {
            Modules = [.. read.Adapter.Modules.Select((module, index) => module with { Scale = module.Scale * (1 << (index % 3)) })],
        });

        adapter.LoadInto(model);
        float[] expected = model.Logits(recorded.Ids, 2);
        Assert.True(adapter.Save(folder["out"]).IsWritten);
        using AdapterContainer again = AdapterContainer.FromFolder(folder["out"], model.Source);
        again.LoadInto(model);

        Assert.InRange(ModelCase.Largest(expected, model.Logits(recorded.Ids, 2)), 0, 1e-5);
    }

    [Fact]
    public void Writes_for_PEFT_too()
    {
        ModelCase recorded = ModelCase.Load("llama");
        using var folder = new TemporaryFolder();
        using var backend = new ManagedBackend();
        using LanguageModel model = LanguageModel.Load(recorded.Base, backend);
        using AdapterContainer adapter = AdapterContainer.FromFolder(recorded.Adapter, model.Source);

        ConversionResult result = adapter.Save(folder["out"], new SaveOptions { Target = TargetProfile.Peft });

        Assert.True(result.IsWritten, string.Join("\n", result.Findings));
        using AdapterContainer again = AdapterContainer.FromFolder(folder["out"], model.Source);
        again.LoadInto(model);
        Assert.InRange(ModelCase.Largest(recorded.LogitsAdapter, model.Logits(recorded.Ids, 2)), 0, ModelCase.Tolerance);
        Assert.True(File.Exists(Path.Combine(folder["out"], "adapter_model.safetensors")));
    }

    [Fact]
    public void Saves_an_adapter_of_PEFT_for_mlx_lm_without_its_config()
    {
        using var folder = new TemporaryFolder();
        using var backend = new ManagedBackend();
        using LanguageModel model = LanguageModel.Load(Fixtures.HfBaseFolder("llama"), backend);
        using AdapterContainer adapter = AdapterContainer.FromFolder(Fixtures.Case("llama_qv").AdapterFolder, model.Source);

        ConversionResult result = adapter.Save(folder["out"]);

        Assert.True(result.IsWritten, string.Join("\n", result.Findings));
        var saved = SavedFolder.Read(folder["out"]);
        Assert.Equal(adapter.Adapter.Modules.Length * 2, saved.Tensors.Count);
        Assert.DoesNotContain(saved.Config.Members, member => member.Key is "peft_type" or "r" or "target_modules");
        int[] ids = [1, 2, 3, 4, 5];
        adapter.LoadInto(model);
        float[] expected = model.Logits(ids);
        using AdapterContainer again = AdapterContainer.FromFolder(folder["out"], model.Source);
        again.LoadInto(model);
        Assert.InRange(ModelCase.Largest(expected, model.Logits(ids)), 0, 1e-6);
    }

    [Fact]
    public void The_page_shows_what_is_written()
    {
        using var folder = new TemporaryFolder();
        using var backend = new ManagedBackend();
        using LanguageModel model = LanguageModel.Load(Fixtures.HfBaseFolder("llama"), backend);
        using AdapterContainer made = AdapterContainer.Create(model, new LoraConfiguration { Rank = 4, Scale = 2, Keys = ["self_attn.q_proj"] });

        Assert.True(made.Save(folder["new"]).IsWritten);

        string page = File.ReadAllText(Path.Combine(Fixtures.RepositoryRoot, "docs", "apply.md"));
        Assert.Contains($"```json\n{File.ReadAllText(Path.Combine(folder["new"], "adapter_config.json")).TrimEnd()}\n```", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_to_save_nothing_and_to_replace_what_is_there()
    {
        using var folder = new TemporaryFolder();
        using var backend = new ManagedBackend();
        using LanguageModel model = LanguageModel.Load(ModelCase.Load("llama").Base, backend);
        using AdapterContainer nothing = AdapterContainer.FromAdapter(new Adapter { Layout = ModelLayout.Mlx, Modules = [] });
        using AdapterContainer adapter = AdapterContainer.Create(model, new LoraConfiguration { Rank = 2 });

        ConversionResult refused = nothing.Save(folder["out"]);
        Assert.Equal(TensorCodes.NoModules, Assert.Single(refused.Findings).Code);
        Assert.False(refused.IsWritten);
        Assert.False(Path.Exists(folder["out"]));
        Assert.True(adapter.Save(folder["out"]).IsWritten);
        byte[] before = File.ReadAllBytes(Path.Combine(folder["out"], "adapters.safetensors"));
        Assert.Contains(TargetCodes.OutputExists, adapter.Save(folder["out"]).Findings.Select(finding => finding.Code));
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(folder["out"], "adapters.safetensors")));
        Assert.True(adapter.Save(folder["out"], new SaveOptions { Place = new AtomicFolderOptions { Overwrite = true } }).IsWritten);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(folder["out"], "adapters.safetensors")));
    }

    [Fact]
    public void Whole_weights_beside_the_factors_need_a_word()
    {
        using var folder = new TemporaryFolder();
        using var backend = new ManagedBackend();
        using LanguageModel model = LanguageModel.Load(ModelCase.Load("llama").Base, backend);
        using AdapterContainer made = AdapterContainer.Create(model, new LoraConfiguration { Rank = 2, Keys = ["self_attn.q_proj"] });
        LazyTensor norm = LazyTensorOperations.Zeros(DType.F32, new TensorShape(32));
        using AdapterContainer adapter = AdapterContainer.FromAdapter(
            made.Adapter with { OtherTensors = [new OtherTensor(OtherTensorKind.WholeModule, "model.norm.weight", "model.norm.weight", norm)] });

        Assert.Equal(ApplyCodes.Unfrozen, Assert.Single(adapter.Save(folder["out"]).Findings).Code);
        Assert.False(Path.Exists(folder["out"]));

        // What PEFT alone loads is dropped where its code is allowed, and never taken for a weight of the base.
        using AdapterContainer ofPeft = AdapterContainer.FromAdapter(
            made.Adapter with { OtherTensors = [new OtherTensor(OtherTensorKind.LoraBias, "base_model.model.q.lora_B.bias", "q.lora_B.bias", norm)] });
        var allowed = new SaveOptions { Unfrozen = UnfrozenWeights.Save, Conversion = new ConversionOptions { Allowed = ["TF2303"] } };
        Assert.Contains(TensorCodes.LoraBias, ofPeft.Save(folder["refused"], allowed with { Conversion = new() }).Findings.Select(finding => finding.Code));
        Assert.True(ofPeft.Save(folder["dropped"], allowed).IsWritten);
        Assert.All(SavedFolder.Read(folder["dropped"]).Names, name => Assert.Contains(".lora_", name, StringComparison.Ordinal));
        Assert.DoesNotContain(SavedFolder.Read(folder["dropped"]).Names, name => name.Contains("bias", StringComparison.Ordinal));
    }

    [Fact]
    public void Saves_the_listed_modules_and_names_the_others()
    {
        using var folder = new TemporaryFolder();
        using var backend = new ManagedBackend();
        using LanguageModel model = LanguageModel.Load(ModelCase.Load("llama").Base, backend);
        using AdapterContainer adapter = AdapterContainer.Create(model, new LoraConfiguration { Rank = 2, Keys = ["self_attn.q_proj", "self_attn.v_proj"] });

        ConversionResult result = adapter.Save(folder["out"], new SaveOptions { Modules = MlxTopology.Of("model.layers.1.self_attn.v_proj") });

        Assert.True(result.IsWritten);
        Assert.Equal(["model.layers.1.self_attn.v_proj.lora_a", "model.layers.1.self_attn.v_proj.lora_b"], SavedFolder.Read(folder["out"]).Names);
        Assert.Contains(result.Findings, finding => finding.Code == ApplyCodes.LayersLeft && finding.Subject == "model.layers.0.self_attn.q_proj");
        ConversionResult missing = adapter.Save(folder["other"], new SaveOptions { Modules = MlxTopology.Of(new[] { "model.layers.9.self_attn.v_proj" }) });
        Assert.Contains(MlxConfigCodes.ListedModuleMissing, missing.Findings.Select(finding => finding.Code));
        Assert.False(missing.IsWritten);
    }

    [Fact]
    public void Fields_that_the_caller_wants_are_kept_and_stale_ones_are_not()
    {
        using var folder = new TemporaryFolder();
        using var backend = new ManagedBackend();
        using LanguageModel model = LanguageModel.Load(ModelCase.Load("llama").Base, backend);
        using AdapterContainer adapter = AdapterContainer.Create(model, new LoraConfiguration { Rank = 2, Scale = 4, Keys = ["self_attn.q_proj"] });
        JsonObject config = PythonJson.ParseObject(
            """
            {"model":"acme/base","learning_rate":1e-05,"iters":NaN,"num_layers":99,"fine_tune_type":"full","rank":99,
            "lora_parameters":{"rank":99,"scale":7,"keys":["x"]}}
            """u8.ToArray(),
            "config");

        Assert.True(adapter.Save(folder["out"], new SaveOptions { Config = config }).IsWritten);

        var saved = SavedFolder.Read(folder["out"]);
        Assert.Equal(["fine_tune_type", "iters", "learning_rate", "lora_parameters", "model", "num_layers"], saved.Config.Members.Select(member => member.Key));
        Assert.Equal("acme/base", ((JsonString)saved.Config["model"]!).Value);
        Assert.IsType<JsonNull>(saved.Config["iters"]);
        Assert.Equal((2, 4, 0), saved.Numbers);
        Assert.Equal(["self_attn.q_proj"], saved.Keys);
    }
}
