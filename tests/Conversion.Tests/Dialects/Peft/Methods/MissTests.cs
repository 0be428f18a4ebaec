using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Metadata.Adapters;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Dialects.Peft.Methods;

public class MissTests
{
    [Theory]
    [InlineData("true", 6, 4, 3, 6)]
    [InlineData("true", 6, 7, 3, 6)]
    [InlineData("\"mini\"", 6, 7, 3, 2)]
    [InlineData("\"mini\"", 6, 4, 2, 6)]
    public void Adds_up_inputs_by_remainder(string form, int outputs, int inputs, int rank, int stored)
    {
        MethodCase adapter = new MethodCase("MISS").Set("init_weights", form);
        DenseArray block = adapter.Put("miss_block", rank, stored);
        DenseArray expected = DenseArray.Zeros(outputs, inputs);
        for (int o = 0; o < outputs; o++)
        {
            for (int i = 0; i < inputs; i++)
            {
                expected[o, i] = block[i % rank, o % stored];
            }
        }

        using var folder = new TemporaryFolder();
        AdapterModule module = adapter.Only(Options(folder, outputs, inputs));
        Assert.Equal((rank, 1.0), (module.Rank, module.Scale));
        MethodCase.AssertDelta(expected, module, 0);
    }

    [Fact]
    public void Refuses_without_the_bases_weights()
    {
        var adapter = new MethodCase("MISS");
        adapter.Put("miss_block", 3, 6);
        adapter.MustRefuse("TF2416");
    }

    [Fact]
    public void Refuses_the_form_that_depends_on_the_base()
    {
        MethodCase adapter = new MethodCase("MISS").Set("init_weights", "\"bat\"");
        adapter.Put("miss_block", 2, 3, 3);
        adapter.MustRefuse("TF2401");
    }

    [Theory]
    [InlineData("true", 5)]
    [InlineData("\"mini\"", 4)]
    public void Refuses_a_base_of_other_sizes(string form, int stored)
    {
        MethodCase adapter = new MethodCase("MISS").Set("init_weights", form);
        adapter.Put("miss_block", 3, stored);
        using var folder = new TemporaryFolder();
        Assert.Empty(adapter.Read(Options(folder, 6, 7)));
        Assert.Equal(["TF4015"], adapter.Errors);
    }

    private static MethodOptions Options(TemporaryFolder folder, int outputs, int inputs)
    {
        BaseModel baseModel = BaseFolder.Write(folder, (MethodCase.Path, outputs, inputs));
        return new MethodOptions { Base = baseModel, MaxRank = 9 };
    }
}
