using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Tests.Verification;

/// <summary>Factors of rank 0 change nothing and can be compared with nothing: a finding, whoever wrote them.</summary>
public class EmptyRankTests
{
    private const string Module = "model.layers.0.self_attn.q_proj";
    private const string Switch = "model.layers.0.mlp.switch_mlp.up_proj";

    public static TheoryData<string, int, int> Cases => new(
        from form in new[] { "peft", "peft dora", "peft experts", "mlx", "mlx dora", "mlx experts" }
        from ranks in new[] { (0, 2), (2, 0), (0, 0) }
        select (form, ranks.Item1, ranks.Item2));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Rank_0_is_a_finding_in_either_place(string form, int rankOfA, int rankOfB)
    {
        SmallAdapter empty = Make(form, rankOfA, rankOfB), whole = Make(form, 2, 2);
        foreach ((SmallAdapter first, SmallAdapter second) in new[] { (empty, whole), (whole, empty), (empty, empty) })
        {
            using IAdapterSource left = first.Open(), right = second.Open();
            VerificationResult result = AdapterVerifier.Verify(left, right, cancellationToken: TestContext.Current.CancellationToken);
            Assert.Null(result.Comparison);
            Assert.Contains(result.Findings, finding => finding.Severity == Severity.Error && finding.Code.Id.StartsWith("TF2", StringComparison.Ordinal));
        }
    }

    private static SmallAdapter Make(string form, int rankOfA, int rankOfB)
    {
        bool isPeft = form.StartsWith("peft", StringComparison.Ordinal);
        SmallAdapter adapter = isPeft ? SmallAdapter.Peft() : SmallAdapter.Mlx();
        switch (form)
        {
            case "peft experts":
                adapter.Random("base_model.model.model.layers.0.mlp.experts.lora_A.weight", 4 * rankOfA, 8);
                adapter.Random("base_model.model.model.layers.0.mlp.experts.lora_B.weight", 6, 4 * rankOfB);
                return adapter.Set("target_parameters", "[\"mlp.experts.up_proj\"]");
            case "mlx experts":
                adapter.Random(Switch + ".lora_a", 4, rankOfA, 8);
                adapter.Random(Switch + ".lora_b", 4, 6, rankOfB);
                return adapter;
            case "mlx" or "mlx dora":
                adapter.Random(Module + ".lora_a", 8, rankOfA);
                adapter.Random(Module + ".lora_b", rankOfB, 6);
                break;
            default:
                adapter.Random($"base_model.model.{Module}.lora_A.weight", rankOfA, 8);
                adapter.Random($"base_model.model.{Module}.lora_B.weight", 6, rankOfB);
                break;
        }

        if (form.EndsWith("dora", StringComparison.Ordinal))
        {
            adapter.Random(isPeft ? $"base_model.model.{Module}.lora_magnitude_vector" : Module + ".m", 6);
            adapter.Set(isPeft ? "use_dora" : "fine_tune_type", isPeft ? "true" : "\"dora\"");
        }

        return adapter;
    }
}
