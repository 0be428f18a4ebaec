using System.Text;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Dialects.Peft;

/// <summary>Folders as trainers and people leave them: named adapters, checkpoints, two weights files, other files beside them.</summary>
public class FolderTests
{
    private const string Base = """{"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 6, "tie_word_embeddings": false}""";

    private readonly Dictionary<string, ReadOnlyMemory<byte>> _files = new(StringComparer.Ordinal);

    /// <summary>Puts an adapter of one module, whose name tells the adapters apart, in a folder.</summary>
    private FolderTests With(string folder, string module)
    {
        SmallAdapter adapter = SmallAdapter.Peft();
        adapter.Pair($"model.layers.0.self_attn.{module}", 6, 6);
        foreach ((string name, ReadOnlyMemory<byte> bytes) in adapter.Files())
        {
            _files[folder.Length == 0 ? name : $"{folder}/{name}"] = bytes;
        }

        return this;
    }

    private FolderTests WithFile(string name, byte[] bytes)
    {
        _files[name] = bytes;
        return this;
    }

    [Theory]
    [InlineData("adapter_model-00001-of-00002.safetensors", "TF1010")]
    [InlineData("whatever.safetensors", "TF1011")]
    public void A_weights_file_with_another_name_is_named(string name, string code)
    {
        With("", "q_proj");
        _files.Remove("adapter_model.safetensors", out ReadOnlyMemory<byte> weights);
        _files[name] = weights;
        Converted converted = Convert();
        Assert.True(converted.Has(code));
        Assert.Equal(code == "TF1011", converted.Result.IsWritten);
    }

    private Converted Convert(string? adapterName = null) =>
        Run.InMemory(AdapterSource.FromMemory("folder", _files), TargetProfile.MlxLm, Base, new ConversionOptions { AdapterName = adapterName });

    private static string ModuleOf(Converted converted)
    {
        Assert.True(converted.Result.IsWritten, converted.ToString());
        return Assert.Single(converted.MlxDeltas()).Key.Split('.')[^1];
    }

    [Fact]
    public void Several_named_adapters_without_a_choice_are_asked_for()
    {
        With("french", "q_proj").With("german", "k_proj");
        Converted refused = Convert();
        Assert.Equal(["TF1004"], refused.Errors);
        Assert.Contains("french, german", refused.ToString());
        Assert.Equal("q_proj", ModuleOf(Convert("french")));
        Assert.Equal("k_proj", ModuleOf(Convert("german")));
        Assert.Equal(["TF1005"], Convert("dutch").Errors);
        Assert.Equal(["TF1005"], Convert("default").Errors);
    }

    [Fact]
    public void The_only_named_adapter_is_taken()
    {
        With("french", "q_proj");
        Converted converted = Convert();
        Assert.Equal("q_proj", ModuleOf(converted));
        Assert.True(converted.Has("TF1006"));
    }

    [Fact]
    public void The_folder_itself_holds_the_default_adapter_and_the_others_are_mentioned()
    {
        With("", "q_proj").With("french", "k_proj").With("checkpoint-500", "v_proj");
        Converted converted = Convert();
        Assert.Equal("q_proj", ModuleOf(converted));
        Assert.Contains("TF1040 folder: the adapter in the folder itself was read; french can", converted.ToString());
        Assert.Equal("q_proj", ModuleOf(Convert("default")));
        Assert.Equal("k_proj", ModuleOf(Convert("french")));
        Assert.Equal("v_proj", ModuleOf(Convert("checkpoint-500")));
    }

    [Fact]
    public void Checkpoints_beside_the_final_adapter_go_without_saying()
    {
        With("", "q_proj").With("checkpoint-500", "k_proj").With("checkpoint-1000", "v_proj");
        Converted converted = Convert();
        Assert.Equal("q_proj", ModuleOf(converted));
        Assert.False(converted.Has("TF1040"));
    }

    [Fact]
    public void Checkpoints_alone_are_asked_for() =>
        Assert.Equal(["TF1004"], With("checkpoint-500", "k_proj").With("checkpoint-1000", "v_proj").Convert().Errors);

    [Fact]
    public void Safetensors_is_read_where_both_weights_files_are_there()
    {
        Converted converted = With("", "q_proj").WithFile("adapter_model.bin", [1, 2, 3]).Convert();
        Assert.Equal("q_proj", ModuleOf(converted));
        Assert.True(converted.Has("TF1007"));
    }

    [Fact]
    public void What_a_trainer_leaves_is_no_adapter()
    {
        foreach (string name
            in new[]
            {
                "training_args.bin",
                "optimizer.bin",
                "optimizer.pt",
                "scheduler.pt",
                "rng_state.pth",
                "trainer_state.json",
                "tokenizer.json",
                "README.md",
                "config.json",
            })
        {
            WithFile(name, Encoding.UTF8.GetBytes("{}"));
        }

        Assert.Equal(["TF1003"], Convert().Errors);
        Assert.Equal("q_proj", ModuleOf(With("", "q_proj").Convert()));
    }

    [Fact]
    public void A_whole_model_beside_a_named_adapter_is_not_taken_for_one() =>
        Assert.Equal(
            "q_proj",
            ModuleOf(
                With("adapter", "q_proj")
                    .WithFile("model.safetensors", OracleSafetensors.ToBytes([OracleTensor.F32("model.norm.weight", DenseArray.Zeros(6))]))
                    .Convert()));

    [Fact]
    public void A_config_without_weights_and_weights_without_a_config_are_told_apart()
    {
        With("", "q_proj");
        ReadOnlyMemory<byte> weights = _files["adapter_model.safetensors"];
        _files.Remove("adapter_model.safetensors");
        Assert.Equal(["TF1002"], Convert().Errors);
        _files.Clear();
        _files["adapter_model.safetensors"] = weights;
        Assert.Equal(["TF1001"], Convert().Errors);
    }

    [Fact]
    public void Two_dialects_in_one_folder_are_refused()
    {
        SmallAdapter mlx = SmallAdapter.Mlx();
        mlx.MlxPair("model.layers.0.self_attn.q_proj", 6, 6);
        Assert.Equal(["TF1008"], With("", "q_proj").WithFile("adapters.safetensors", OracleSafetensors.ToBytes(mlx.Tensors.Values)).Convert().Errors);
    }

    [Fact]
    public void An_mlx_config_with_peft_type_is_still_mlx()
    {
        SmallAdapter mlx = SmallAdapter.Mlx(fields: "\"peft_type\": \"LORA\", \"base_model_name_or_path\": \"org/model\"");
        mlx.MlxPair("model.layers.0.self_attn.q_proj", 6, 6);
        Assert.Contains("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", Run.MustConvert(mlx, TargetProfile.Peft, Base).Tensors.Keys);
    }
}
