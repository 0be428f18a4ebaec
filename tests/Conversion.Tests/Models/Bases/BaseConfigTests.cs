using Transfuse.Conversion.Models.Architectures;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Tests.Models.Architectures;

namespace Transfuse.Conversion.Tests.Models.Bases;

public class BaseConfigTests
{
    [Theory]
    [InlineData("bases", "llama", "llama", 3L, null, 64L)]
    [InlineData("bases", "gpt2", "gpt2", 3L, null, 64L)]
    [InlineData("bases", "mixtral", "mixtral", 3L, 4L, 64L)]
    [InlineData("bases", "qwen3_moe", "qwen3_moe", 3L, 4L, 64L)]
    [InlineData("bases-mlx", "qwen3_moe", "qwen3_moe", 3L, 4L, 64L)]
    [InlineData("bases", "deepseek_v3", "deepseek_v3", 3L, 4L, 64L)]
    [InlineData("bases-mlx", "gpt_oss", "gpt_oss", 3L, 4L, 64L)]
    public void Reads_the_counts_of_both_programs_files(string side, string name, string modelType, long layers, long? experts, long hidden)
    {
        BaseConfig config = Load(side, name);
        Architecture architecture = ArchitectureTable.Default.Find(config.ModelType!)!;
        Assert.Equal(modelType, config.ModelType);
        Assert.Equal(layers, config.LayerCount(architecture));
        Assert.Equal(experts, config.ExpertCount(architecture));
        Assert.Equal(hidden, config.Dimension(architecture, ExpertDimension.Hidden));
        Assert.Equal(112, config.VocabularySize);
    }

    [Theory]
    [InlineData("mixtral", 96L)]
    [InlineData("qwen3_moe", 32L)]
    [InlineData("deepseek_v3", 32L)]
    [InlineData("gpt_oss", 96L)]
    public void Reads_the_width_of_experts(string name, long width) =>
        Assert.Equal(width, Load("bases", name).Dimension(ArchitectureTable.Default.Find(name)!, ExpertDimension.Width));

    [Fact]
    public void Fields_of_the_text_model_come_first()
    {
        BaseConfig config = Parse("""{"num_hidden_layers": 9, "hidden_size": 8, "text_config": {"num_hidden_layers": 3, "hidden_size": null}}""");
        Assert.Equal(3, config.GetInteger("num_hidden_layers"));
        Assert.Equal(8, config.GetInteger("hidden_size"));
    }

    [Fact]
    public void Walks_into_objects_and_lists()
    {
        BaseConfig config = Parse("""{"ffn_config": {"moe_num_experts": 4.0}, "m": [0.5, 2]}""");
        Assert.Equal(4, config.GetInteger("ffn_config.moe_num_experts"));
        Assert.Equal(2, config.GetNumber("m.1"));
        Assert.Null(config.GetNumber("m.2"));
        Assert.Null(config.GetNumber("m.x"));
        Assert.Null(config.GetNumber("ffn_config.other.deeper"));
        Assert.Null(config.GetInteger("m.0"));
    }

    [Theory]
    [InlineData("llama", "{}", true, false)]
    [InlineData("llama", """{"tie_word_embeddings": false}""", false, false)]
    [InlineData("qwen3", "{}", null, false)]
    [InlineData("qwen3", """{"tie_word_embeddings": true}""", true, true)]
    [InlineData("mixtral", "{}", false, false)]
    [InlineData("gemma", """{"tie_word_embeddings": false}""", true, false)]
    [InlineData("gemma3_text", """{"tie_word_embeddings": true}""", true, true)]
    [InlineData("gemma3_text", "{}", true, true)]
    [InlineData("gemma3_text", """{"tie_word_embeddings": false}""", false, false)]
    [InlineData("phi", """{"tie_word_embeddings": true}""", false, true)]
    [InlineData("mistral3", """{"tie_word_embeddings": true, "text_config": {}}""", false, true)]
    [InlineData("mistral3", """{"text_config": {"tie_word_embeddings": true}}""", true, true)]
    [InlineData("openelm", """{"share_input_output_layers": false}""", false, false)]
    [InlineData("internlm2", "{}", false, null)]
    public void Each_program_ties_by_its_own_defaults(string modelType, string json, bool? mlx, bool? huggingFace)
    {
        TyingRules tying = ArchitectureTable.Default.Find(modelType)!.Tying;
        Assert.Equal(mlx, tying.IsTiedInMlx(Parse(json)));
        Assert.Equal(huggingFace, tying.IsTiedInHuggingFace(Parse(json)));
        Assert.Null(tying.IsTiedInHuggingFace(null));
    }

    [Fact]
    public void Reads_the_quantization_of_mlx_per_module()
    {
        Assert.Equal((32, 4, "affine"), Of(Load("bases-mlx", "llama-q4").Quantization));
        Assert.Equal((32, 4, "mxfp4"), Of(Load("bases-mlx", "llama-mxfp4").Quantization));
        Assert.Null(Load("bases-mlx", "llama").Quantization);
        Assert.Null(Parse("""{"quantization": {"bits": 4}}""").Quantization);

        MlxQuantization mixed = Parse("""{"quantization": {"group_size": 64, "bits": 4, "a.b": false, "c": {"group_size": 32, "bits": 8}}}""").Quantization!;
        Assert.Null(mixed.For("a.b"));
        Assert.Equal((32, 8, "affine"), Of(mixed.For("c")));
        Assert.Equal((64, 4, "affine"), Of(mixed.For("d")));
    }

    private static (long GroupSize, long Bits, string Mode) Of(MlxQuantization? quantization) =>
        (quantization!.GroupSize, quantization.Bits, quantization.Mode);

    private static BaseConfig Parse(string json) => new(JsonTree.Parse(json));

    private static BaseConfig Load(string side, string name) =>
        Parse(File.ReadAllText(Path.Combine(Oracle.Fixtures.Root, side, name, "config.json")));
}
