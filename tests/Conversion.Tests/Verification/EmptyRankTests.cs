using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Repair;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Tests.Verification;

/// <summary>Factors of rank 0 change nothing and can be compared with nothing: a finding, whoever wrote them.</summary>
public class EmptyRankTests
{
    private const string Module = "model.layers.0.self_attn.q_proj";
    private const string Second = "model.layers.0.self_attn.v_proj";
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

    [Theory]
    [InlineData("peft")]
    [InlineData("mlx")]
    public void Rank_0_in_one_module_leaves_the_others_to_be_compared(string form)
    {
        SmallAdapter partly = WithSecond(form, 0), whole = WithSecond(form, 2);
        using IAdapterSource left = partly.Open(), again = partly.Open(), right = whole.Open();
        VerificationResult equal = AdapterVerifier.Verify(left, again, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((1, true), (equal.Comparison!.Modules.Length, equal.Comparison.Agrees(0)));
        VerificationResult other = AdapterVerifier.Verify(left, right, cancellationToken: TestContext.Current.CancellationToken);
        Assert.False(other.Comparison!.Agrees(0));
        Assert.Equal(Second, Assert.Single(other.Comparison.Modules, module => !module.IsBitEqual).Path);
        Assert.Contains(other.Findings, finding => finding.Code == TensorCodes.EmptyRank && finding.Subject == Second);
    }

    [Theory]
    [InlineData("peft", "mlx-lm")]
    [InlineData("peft", "peft")]
    [InlineData("mlx", "peft")]
    [InlineData("mlx", "mlx-lm")]
    public void Rank_0_in_one_module_is_named_and_left_out_of_what_is_written(string form, string target)
    {
        SmallAdapter partly = WithSecond(form, 0);
        Converted converted = Run.MustConvert(partly, TargetProfile.Find(target)!);
        Assert.Contains(converted.Result.Findings, finding => finding.Code == TensorCodes.EmptyRank && finding.Subject == Second);
        Assert.Equal(2, converted.Tensors.Count);
        Assert.All(converted.Tensors.Keys, name => Assert.Contains(Module, name, StringComparison.Ordinal));
        (RepairResult repaired, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files) = Repairing.InMemory(partly.Files());
        Assert.True(repaired.IsWritten);
        Assert.Contains(repaired.Findings, finding => finding.Code == TensorCodes.EmptyRank && finding.Subject == Second);
        using IAdapterSource written = AdapterSource.FromMemory("repaired", files);
        TargetProfile own = form == "peft" ? TargetProfile.Peft : TargetProfile.MlxLm;
        Assert.NotEqual(CheckVerdict.Fails, AdapterChecker.Check(written, own, cancellationToken: TestContext.Current.CancellationToken).Verdict);
        using IAdapterSource damaged = partly.Open();
        Assert.Equal(CheckVerdict.Fails, AdapterChecker.Check(damaged, own, cancellationToken: TestContext.Current.CancellationToken).Verdict);
    }

    [Theory]
    [InlineData("peft dora")]
    [InlineData("mlx dora")]
    public void A_magnitude_without_factors_is_not_without_effect(string form)
    {
        SmallAdapter empty = Make(form, 0, 0);
        AddWhole(empty, form, Second);
        TargetProfile other = form == "peft dora" ? TargetProfile.MlxLm : TargetProfile.Peft;
        Run.MustRefuse(empty, other, ["TF2361"]);
        Converted allowed = Run.MustConvert(empty, other, null, new ConversionOptions { Allowed = ["TF2361"] });
        Assert.Equal(3, allowed.Tensors.Count);
    }

    // One whole module, and a second whose factors have the rank given.
    private static SmallAdapter WithSecond(string form, int rank)
    {
        SmallAdapter adapter = Make(form, 2, 2);
        bool isPeft = form == "peft";
        adapter.Random(isPeft ? $"base_model.model.{Second}.lora_A.weight" : Second + ".lora_a", isPeft ? [rank, 8] : [8, rank]);
        adapter.Random(isPeft ? $"base_model.model.{Second}.lora_B.weight" : Second + ".lora_b", isPeft ? [6, rank] : [rank, 6]);
        return isPeft ? adapter.Set("target_modules", "[\"q_proj\", \"v_proj\"]") : adapter;
    }

    private static void AddWhole(SmallAdapter adapter, string form, string module)
    {
        bool isPeft = form.StartsWith("peft", StringComparison.Ordinal);
        adapter.Random(isPeft ? $"base_model.model.{module}.lora_A.weight" : module + ".lora_a", isPeft ? [2, 8] : [8, 2]);
        adapter.Random(isPeft ? $"base_model.model.{module}.lora_B.weight" : module + ".lora_b", isPeft ? [6, 2] : [2, 6]);
        adapter.Random(isPeft ? $"base_model.model.{module}.lora_magnitude_vector" : module + ".m", 6);
        if (isPeft)
        {
            adapter.Set("target_modules", "[\"q_proj\", \"v_proj\"]");
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
