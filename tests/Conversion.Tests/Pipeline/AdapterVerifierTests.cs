using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Tests.Support;

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
        AdapterVerifier.Verify(first.Open(), second.Open(), null, new ConversionOptions { ModelType = "llama", Allowed = [.. allowed] }, TestContext.Current.CancellationToken);

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
}
