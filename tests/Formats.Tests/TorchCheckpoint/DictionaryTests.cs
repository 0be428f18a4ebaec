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

    private static float[] Values(byte[] pickle)
    {
        using TorchCheckpointFile file = TorchCheck.Open(TorchWriter.Zip(pickle, [("0", Storage)]));
        NamedTensor tensor = Assert.Single(file.Tensors);
        Assert.Equal("w", tensor.Name);
        return TorchCheck.Values<float>(tensor.Tensor);
    }
}
