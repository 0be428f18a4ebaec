using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Metadata.Adapters;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Dialects.Peft.Methods;

public class VeraTests
{
    private const string Layer = "model.layers.0.";

    [Fact]
    public void Takes_of_the_projections_what_each_module_of_the_base_needs()
    {
        MethodCase adapter = Case("VERA", 1, (Layer + "mlp.up_proj", 9), (Layer + "mlp.down_proj", 5), (Layer + "conv1d", 7));
        using var folder = new TemporaryFolder();

        // The last is GPT-2's Conv1D, which has (in, out).
        BaseModel baseModel = BaseFolder.Write(folder, (Layer + "mlp.up_proj", 9, 5), (Layer + "mlp.down_proj", 5, 9), (Layer + "conv1d", 6, 7));
        IReadOnlyDictionary<string, AdapterModule> modules = adapter.Read(new MethodOptions { Base = baseModel, MaxRank = 9 });
        Assert.Equal(3, modules.Count);
        AssertDelta(adapter, "vera", modules[Layer + "mlp.up_proj"], 9, 5);
        AssertDelta(adapter, "vera", modules[Layer + "mlp.down_proj"], 5, 9);
        AssertDelta(adapter, "vera", modules[Layer + "conv1d"], 7, 6);
        Assert.DoesNotContain(adapter.Findings, finding => finding.Code.Id == "TF2417");
    }

    [Fact]
    public void Pvera_takes_the_first_half()
    {
        MethodCase adapter = Case("PVERA", 2, (MethodCase.Path, 5));
        AssertDelta(adapter, "pvera", adapter.Only(), 5, 9);
        adapter.Set("sample_at_inference", "true").MustRefuse("TF2407");
    }

    [Theory]
    [InlineData("self_attn.q_proj:5", "self_attn.v_proj:3", 9, 9)]
    [InlineData("self_attn.q_proj:6", "self_attn.o_proj:9", 9, 6)]
    [InlineData("mlp.up_proj:7", "mlp.down_proj:9", 9, 7)]
    [InlineData("self_attn.q_proj:9", "self_attn.o_proj:4", 4, 9)]
    public void Infers_input_sizes_from_a_layer_like_llamas(string first, string second, int firstInputs, int secondInputs)
    {
        (string firstName, int firstOutputs) = Parse(first);
        (string secondName, int secondOutputs) = Parse(second);
        MethodCase adapter = Case("VERA", 1, (Layer + firstName, firstOutputs), (Layer + secondName, secondOutputs));
        IReadOnlyDictionary<string, AdapterModule> modules = adapter.Read();
        AssertDelta(adapter, "vera", modules[Layer + firstName], firstOutputs, firstInputs);
        AssertDelta(adapter, "vera", modules[Layer + secondName], secondOutputs, secondInputs);
        Assert.Contains(adapter.Findings, finding => finding.Code.Id == "TF2417");
    }

    [Fact]
    public void Modules_of_one_name_have_the_largest_input()
    {
        MethodCase adapter = Case("VERA", 1, (Layer + "odd", 5), ("model.layers.1.odd", 5));
        Assert.All(adapter.Read().Values, module => Assert.Equal(9, module.InputSize));
    }

    [Theory]
    [InlineData("odd:5", "strange:5")]
    [InlineData("self_attn.q_proj:5", "odd:5")]
    [InlineData("self_attn.q_proj:5", "self_attn.o_proj:7")]
    [InlineData("self_attn.q_proj:11", "self_attn.o_proj:9")]
    [InlineData("self_attn.o_proj:9", "mlp.down_proj:7")]
    [InlineData("mlp.up_proj:9", "self_attn.o_proj:9")]
    public void Refuses_to_guess_input_sizes(string first, string second)
    {
        (string firstName, int firstOutputs) = Parse(first);
        (string secondName, int secondOutputs) = Parse(second);
        Case("VERA", 1, (Layer + firstName, firstOutputs), (Layer + secondName, secondOutputs)).MustRefuse("TF2416");
    }

    [Fact]
    public void Refuses_a_base_of_other_sizes()
    {
        MethodCase adapter = Case("VERA", 1, (MethodCase.Path, 5));
        using var folder = new TemporaryFolder();
        Assert.Empty(adapter.Read(new MethodOptions { Base = BaseFolder.Write(folder, (MethodCase.Path, 6, 7)) }));
        Assert.Equal(["TF4015"], adapter.Errors);
        using var other = new TemporaryFolder();
        Assert.Empty(adapter.Read(new MethodOptions { Base = BaseFolder.Write(other, (MethodCase.Path, 5, 10)) }));
        Assert.Equal(["TF4015"], adapter.Errors);
    }

    [Fact]
    public void Refuses_projections_that_were_not_saved()
    {
        var adapter = new MethodCase("VERA");
        adapter.Put("vera_lambda_b", 5);
        adapter.Put("vera_lambda_d", 3);
        adapter.Set("save_projection", "false").MustRefuse("TF2406");
    }

    [Theory]
    [InlineData("vera_lambda_b", 12)]
    [InlineData("vera_lambda_d", 4)]
    [InlineData("vera_lambda_d", 3, 1)]
    public void Refuses_vectors_that_do_not_fit_the_projections(string part, params int[] shape)
    {
        MethodCase adapter = Case("VERA", 1, (MethodCase.Path, 5));
        adapter.Put(part, Array.ConvertAll(shape, extent => (long)extent));
        adapter.MustRefuse("TF2410");
    }

    [Fact]
    public void A_vector_without_values_was_left_behind_by_zero_3()
    {
        MethodCase adapter = Case("VERA", 1, (MethodCase.Path, 5));
        adapter.Put("vera_lambda_b", 0L);
        adapter.MustRefuse("TF2067");
    }

    [Fact]
    public void Refuses_projections_of_different_ranks()
    {
        MethodCase adapter = Case("VERA", 1, (MethodCase.Path, 5));
        adapter.PutShared("vera_B", 11, 4);
        adapter.MustRefuse("TF2410");
    }

    [Fact]
    public void Reports_a_broken_base()
    {
        MethodCase adapter = Case("VERA", 1, (MethodCase.Path, 5));
        using var folder = new TemporaryFolder();
        BaseModel baseModel = BaseFolder.Write(folder, (MethodCase.Path, 5, 9));
        File.WriteAllBytes(folder["model.safetensors"], [1, 2, 3]);
        Assert.Empty(adapter.Read(new MethodOptions { Base = baseModel }));
        Assert.Single(adapter.Errors);
    }

    private static (string Name, int Outputs) Parse(string text) => (text.Split(':')[0], int.Parse(text.Split(':')[1]));

    // Rank 3, at most 9 inputs, at most 11 outputs.
    private static MethodCase Case(string peftType, int halves, params (string Path, int Outputs)[] modules)
    {
        var adapter = new MethodCase(peftType);
        string prefix = peftType.ToLowerInvariant();
        foreach ((string path, int outputs) in modules)
        {
            adapter.Put(path, prefix + "_lambda_b", outputs);
            adapter.Put(path, prefix + "_lambda_d", 3 * halves);
        }

        adapter.PutShared(prefix + "_A", 3 * halves, 9);
        adapter.PutShared(prefix + "_B", 11, 3);
        return adapter;
    }

    private static void AssertDelta(MethodCase adapter, string prefix, AdapterModule module, int outputs, int inputs)
    {
        long rows = prefix == "pvera" ? 6 : 3;
        DenseArray lambdaB = adapter.Put(module.SourcePath, prefix + "_lambda_b", outputs);
        DenseArray lambdaD = adapter.Put(module.SourcePath, prefix + "_lambda_d", rows);
        DenseArray a = adapter.PutShared(prefix + "_A", rows, 9);
        DenseArray b = adapter.PutShared(prefix + "_B", 11, 3);
        DenseArray expected = DenseArray.Zeros(outputs, inputs);
        for (int o = 0; o < outputs; o++)
        {
            for (int i = 0; i < inputs; i++)
            {
                for (int k = 0; k < 3; k++)
                {
                    expected[o, i] += lambdaB.Values[o] * b[o, k] * lambdaD.Values[k] * a[k, i];
                }
            }
        }

        Assert.Equal((3, 1.0), (module.Rank, module.Scale));
        MethodCase.AssertDelta(expected, module);
    }
}
