using Transfuse.Formats.Fuzz.Writers;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.TorchCheckpoint;

namespace Transfuse.Formats.Tests.TorchCheckpoint;

public class DictionaryTests
{
    private static readonly byte[] Storage = TorchCheck.Raw(1f, 2f);

    [Fact]
    public void State_of_an_ordered_dictionary_is_ignored()
    {
        byte[] pickle = Tensor(new PickleWriter().OrderedDict().Text("w")).Op('s')
            .EmptyDict().Text("_metadata").OrderedDict().Text(string.Empty).EmptyDict().Text("version").Number(1).Op('s').Op('s').Op('s').Op('b').Stop();
        Assert.Equal([1, 2], Values(pickle));
    }

    [Fact]
    public void Parameters_are_their_tensors()
    {
        byte[] rebuilt = Tensor(
            new PickleWriter().EmptyDict().Text("w").Global("torch._utils", "_rebuild_parameter").Mark()).Bool(true).OrderedDict().Raw((byte)'t', (byte)'R',
            (byte)'s').Stop();
        Assert.Equal([1, 2], Values(rebuilt));
        byte[] called = Tensor(
            new PickleWriter().EmptyDict().Text("w").Global("torch.nn.parameter", "Parameter")).Bool(true).Raw(0x86, (byte)'R', (byte)'s').Stop();
        Assert.Equal([1, 2], Values(called));
    }

    [Fact]
    public void The_oldest_rebuild_and_torch_Size_are_known()
    {
        byte[] pickle = new PickleWriter().EmptyDict().Text("w").Global(
            "torch._utils", "_rebuild_tensor").Mark().Storage("torch.FloatStorage", "0", 2).Number(0)
            .Global("torch", "Size").Integers(2).Raw(0x85, (byte)'R').Integers(1).Raw((byte)'t', (byte)'R', (byte)'s').Stop();
        Assert.Equal([1, 2], Values(pickle));
    }

    [Fact]
    public void Protocol_4_with_frames_short_strings_and_memos_is_read()
    {
        PickleWriter body = new PickleWriter(4).EmptyDict().Raw(0x94);
        body.Raw(0x8c, 1, (byte)'w', 0x94).Raw(0x8c, 12).Raw("torch._utils"u8).Raw(0x94).Raw(0x8c, 18).Raw("_rebuild_tensor_v2"u8).Raw(0x94, 0x93, 0x94);
        body.Mark()
            .Storage("torch.FloatStorage", "0", 2)
            .Number(0)
            .Raw((byte)'K', 2, 0x85, 0x94)
            .Raw((byte)'K', 1, 0x85)
            .Bool(false)
            .OrderedDict()
            .Raw((byte)'t', (byte)'R', 0x94, (byte)'s');
        byte[] rest = body.Stop()[2..];
        byte[] pickle = [0x80, 4, 0x95, (byte)rest.Length, 0, 0, 0, 0, 0, 0, 0, .. rest];
        Assert.Equal([1, 2], Values(pickle));
    }

    [Fact]
    public void Strings_of_Python_2_are_read()
    {
        byte[] pickle = new PickleWriter().EmptyDict().Raw((byte)'U', 1, (byte)'w').Raw(Tensor(new PickleWriter()).ToArray().AsSpan(2)).Op('s').Stop();
        Assert.Equal([1, 2], Values(pickle));
        pickle = new PickleWriter().EmptyDict().Raw((byte)'T', 1, 0, 0, 0, (byte)'w').Raw(Tensor(new PickleWriter()).ToArray().AsSpan(2)).Op('s').Stop();
        Assert.Equal([1, 2], Values(pickle));
    }

    [Fact]
    public void Items_come_in_batches()
    {
        PickleWriter writer = new PickleWriter().EmptyDict();
        for (int batch = 0; batch < 3; batch++)
        {
            writer.Mark();
            for (int i = 0; i < 1000; i++)
            {
                Tensor(writer.Text($"tensor {batch} {i}"));
            }

            writer.Op('u');
        }

        using TorchCheckpointFile file = TorchCheck.Open(TorchWriter.Zip(writer.Stop(), [("0", Storage)]));
        Assert.Equal(3000, file.Tensors.Length);
        Assert.Single(file.Tensors.Select(tensor => tensor.Tensor).Distinct(ReferenceEqualityComparer.Instance));
    }

    [Fact]
    public void An_empty_dictionary_has_no_tensors()
    {
        using TorchCheckpointFile file = TorchCheck.Open(TorchWriter.Zip(new PickleWriter().EmptyDict().Stop(), []));
        Assert.Empty(file.Tensors);
        Assert.Null(file.Metadata);
    }

    [Theory]
    [InlineData("K\u0001", "an integer")]
    [InlineData("N", "None")]
    [InlineData("}", "a dict")]
    [InlineData("]", "a list")]
    [InlineData(")", "a tuple")]
    [InlineData("G\0\0\0\0\0\0\0\0", "a float")]
    [InlineData("C\u0001\0", "bytes")]
    [InlineData("\u0088", "a boolean")]
    [InlineData("ctorch\nfloat32\n", "the global torch.float32")]
    public void Refuses_values_that_are_not_tensors(string opcodes, string kind)
    {
        byte[] pickle = new PickleWriter().EmptyDict().Text("state_dict").Raw([.. opcodes.Select(value => (byte)value)]).Op('s').Stop();
        TorchCheckpointException exception = TorchCheck.Refuses(TorchWriter.Zip(pickle, []), TorchCheckpointError.ValueNotTensor, "state_dict");
        Assert.Contains($"is {kind}, not a tensor", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("module")]
    [InlineData("state_dict")]
    [InlineData("model_state_dict")]
    public void The_only_dictionary_with_tensors_is_read_wherever_it_lies(string key)
    {
        byte[] pickle = Tensor(new PickleWriter().EmptyDict().Text("epoch").Number(3).Op('s').Text(key).OrderedDict().Text("w")).Op('s').Op('s')
            .Text("settings").EmptyDict().Text("lr").Number(1).Op('s').Op('s').Stop();
        Assert.Equal([1, 2], Values(pickle, key));
        byte[] deeper = Tensor(new PickleWriter().EmptyDict().Text("checkpoint").EmptyDict().Text(key).EmptyDict().Text("w")).Op('s').Op('s').Op('s').Stop();
        Assert.Equal([1, 2], Values(deeper, "checkpoint." + key));
    }

    [Fact]
    public void Refuses_tensors_in_two_dictionaries_and_names_both()
    {
        byte[] pickle = Tensor(Tensor(new PickleWriter().EmptyDict().Text("model").EmptyDict().Text("w")).Op('s').Op('s').Text("ema").EmptyDict().Text("w"))
            .Op('s').Op('s').Stop();
        TorchCheckpointException refused = Refused(pickle, "model");
        Assert.Contains("'model' is a dict, not a tensor; tensors lie in 2 places, 'model', 'ema'; save the one", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_tensors_beside_a_dictionary_of_tensors()
    {
        byte[] pickle = Tensor(Tensor(new PickleWriter().EmptyDict().Text("module").EmptyDict().Text("w")).Op('s').Op('s').Text("rng_state")).Op('s').Stop();
        Assert.Contains("2 places, the saved dictionary itself, 'module'", Refused(pickle, "module").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_tensors_in_a_list_and_values_among_nested_tensors()
    {
        byte[] list = Tensor(new PickleWriter().EmptyDict().Text("module").Raw((byte)']')).Op('a').Op('s').Stop();
        Assert.Contains("the tensors lie in a list, 'module'", Refused(list, "module").Message, StringComparison.Ordinal);
        byte[] mixed = Tensor(new PickleWriter().EmptyDict().Text("module").EmptyDict().Text("w")).Op('s').Text("version").Number(1).Op('s').Op('s').Stop();
        Assert.Contains("'version' is an integer, not a tensor", Refused(mixed, "version").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dictionary_that_contains_itself_is_walked_once()
    {
        byte[] pickle = Tensor(new PickleWriter().EmptyDict().Put(0).Text("self").Get(0).Op('s').Text("module").EmptyDict().Text("w")).Op('s').Op('s').Stop();
        Assert.Equal([1, 2], Values(pickle, "module"));
    }

    [Fact]
    public void Dictionaries_nested_many_thousand_times_are_walked_without_recursion()
    {
        const int Depth = 20_000;
        var writer = new PickleWriter();
        for (int depth = 0; depth < Depth; depth++)
        {
            writer.EmptyDict().Text("a");
        }

        Tensor(writer.EmptyDict().Text("w")).Op('s');
        for (int depth = 0; depth < Depth; depth++)
        {
            writer.Op('s');
        }

        using TorchCheckpointFile file = TorchCheck.Open(TorchWriter.Zip(writer.Stop(), [("0", Storage)]));
        Assert.Equal("w", Assert.Single(file.Tensors).Name);
        Assert.InRange(file.Nested!.Length, 200, 203);
    }

    [Fact]
    public void Refuses_a_root_that_is_no_dictionary()
    {
        byte[] pickle = Tensor(new PickleWriter()).Stop();
        TorchCheckpointException exception = TorchCheck.Refuses(TorchWriter.Zip(pickle, [("0", Storage)]), TorchCheckpointError.NotTensorDictionary);
        Assert.Contains("a tensor", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_keys_that_are_no_strings_or_occur_twice()
    {
        byte[] number = Tensor(new PickleWriter().EmptyDict().Number(3)).Op('s').Stop();
        TorchCheck.Refuses(TorchWriter.Zip(number, [("0", Storage)]), TorchCheckpointError.NotTensorDictionary);
        byte[] twice = TorchCheck.Dictionary(writer => Tensor(Tensor(writer.Text("w")).Text("w")));
        TorchCheck.Refuses(TorchWriter.Zip(twice, [("0", Storage)]), TorchCheckpointError.NameDuplicate, "w");
    }

    private static PickleWriter Tensor(PickleWriter writer) => writer.Tensor("torch.FloatStorage", "0", 2, 0, [2], [1]);

    private static TorchCheckpointException Refused(byte[] pickle, string item) =>
        TorchCheck.Refuses(TorchWriter.Zip(pickle, [("0", Storage)]), TorchCheckpointError.ValueNotTensor, item);

    private static float[] Values(byte[] pickle, string? nested = null)
    {
        using TorchCheckpointFile file = TorchCheck.Open(TorchWriter.Zip(pickle, [("0", Storage)]));
        Assert.Equal(nested, file.Nested);
        NamedTensor tensor = Assert.Single(file.Tensors);
        Assert.Equal("w", tensor.Name);
        return TorchCheck.Values<float>(tensor.Tensor);
    }
}
