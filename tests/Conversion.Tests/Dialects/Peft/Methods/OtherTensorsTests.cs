using Transfuse.Metadata.Adapters;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Dialects.Peft.Methods;

/// <summary>What else is in the file of another method: nothing is lost.</summary>
public class OtherTensorsTests
{
    [Fact]
    public void Are_sorted_by_what_they_are()
    {
        MethodCase adapter = Case().Set("bias", "\"all\"").Set("modules_to_save", """["score"]""");
        adapter.PutWhole("base_model.model.score.weight", DenseArray.Zeros(2, 2));
        adapter.PutWhole("base_model.model.model.norm.bias", DenseArray.Zeros(2));
        adapter.PutWhole("base_model.model.model.embed_tokens.weight", DenseArray.Zeros(2, 2));
        adapter.Put("hada_w9", 2, 2);
        adapter.Put("lora_A.weight", 2, 2);
        Adapter read = adapter.ReadAdapter()!;
        Assert.Single(read.Modules);
        Assert.Equal(
            [
                (OtherTensorKind.WholeModule, "score.weight"),
                (OtherTensorKind.BaseBias, "model.norm.bias"),
                (OtherTensorKind.SavedEmbedding, "model.embed_tokens.weight"),
                (OtherTensorKind.WholeModule, MethodCase.Path + ".hada_w9"),
                (OtherTensorKind.Unknown, MethodCase.Path + ".lora_A.weight"),
            ],
            read.OtherTensors.Select(tensor => (tensor.Kind, tensor.Path)).OrderBy(tensor => tensor.Path.Length));
    }

    [Fact]
    public void Leave_only_what_was_not_understood_of_the_config()
    {
        Adapter read = Case().Set("rank_dropout", "0.1").Set("alpha_pattern", "{}").ReadAdapter()!;
        Assert.Equal("LORA", read.Method);
        Assert.Equal(["peft_type", "rank_dropout"], read.SourceConfig.Members.Select(field => field.Key));
    }

    [Fact]
    public void Alone_are_no_adapter()
    {
        var adapter = new MethodCase("LOHA");
        adapter.MustRefuse("TF2011");
    }

    [Fact]
    public void Names_that_mean_the_same_are_refused()
    {
        MethodCase adapter = Case();
        adapter.Put("hada_w1_a.default", 4, 1);
        adapter.MustRefuse("TF2004");
    }

    [Theory]
    [InlineData("base_model.model..hada_w1_a")]
    [InlineData("base_model.model.a..b.hada_w1_a")]
    public void Names_without_a_usable_path_are_refused(string name)
    {
        MethodCase adapter = Case();
        foreach ((string part, DenseArray values)
            in new[] { ("w1_a", DenseArray.Zeros(4, 1)), ("w1_b", DenseArray.Zeros(1, 4)), ("w2_a", DenseArray.Zeros(4, 1)), ("w2_b", DenseArray.Zeros(1, 4)) })
        {
            adapter.PutWhole(name.Replace("w1_a", part, StringComparison.Ordinal), values);
        }

        adapter.MustRefuse("TF2006");
    }

    private static MethodCase Case()
    {
        MethodCase adapter = new MethodCase("LOHA").Set("r", "1").Set("alpha", "1");
        adapter.Put("hada_w1_a", 4, 1);
        adapter.Put("hada_w1_b", 1, 4);
        adapter.Put("hada_w2_a", 4, 1);
        adapter.Put("hada_w2_b", 1, 4);
        return adapter;
    }
}
