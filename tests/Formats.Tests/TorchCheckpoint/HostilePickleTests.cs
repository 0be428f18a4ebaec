using System.Text;
using Transfuse.Formats.Fuzz.Writers;
using Transfuse.Formats.TorchCheckpoint;

namespace Transfuse.Formats.Tests.TorchCheckpoint;

public class HostilePickleTests
{
    /// <summary>Programs that Python would run, as pickles that call them.</summary>
    [Theory]
    [InlineData("os", "system", "os.system")]
    [InlineData("posix", "system", "posix.system")]
    [InlineData("builtins", "eval", "builtins.eval")]
    [InlineData("builtins", "getattr", "builtins.getattr")]
    [InlineData("__builtin__", "exec", "__builtin__.exec")]
    [InlineData("torch", "load", "torch.load")]
    [InlineData("torch.serialization", "load", "torch.serialization.load")]
    [InlineData("torch", "QUInt8Storage", "torch.QUInt8Storage")]
    [InlineData("torch._utils", "_rebuild_qtensor", "torch._utils._rebuild_qtensor")]
    [InlineData("collections", "OrderedDict.fromkeys", "collections.OrderedDict.fromkeys")]
    [InlineData("", "", ".")]
    public void Refuses_globals_that_tensors_do_not_need(string module, string name, string shown)
    {
        byte[] classic = new PickleWriter().Global(module, name).Text("echo owned").Raw(0x85, (byte)'R').Stop();
        Refuses(classic, TorchCheckpointError.GlobalRefused, shown);
        byte[] stacked = new PickleWriter(4).Text(module).Text(name).Raw(0x93).Text("echo owned").Raw(0x85, (byte)'R').Stop();
        Refuses(stacked, TorchCheckpointError.GlobalRefused, shown);
    }

    [Fact]
    public void Refuses_a_global_hidden_inside_the_arguments_of_a_tensor()
    {
        byte[] pickle = new PickleWriter().EmptyDict().Text("w").Global(
            "torch._utils", "_rebuild_tensor_v2").Mark().Global("os", "system").Text("x").Raw(0x85, (byte)'R').Raw((byte)'t', (byte)'R', (byte)'s').Stop();
        Refuses(pickle, TorchCheckpointError.GlobalRefused, "os.system");
    }

    [Fact]
    public void Refuses_nested_calls()
    {
        // OrderedDict()() and _rebuild_tensor_v2 called on the results of itself
        Refuses(new PickleWriter().OrderedDict().Raw((byte)')', (byte)'R').Stop(), TorchCheckpointError.PickleInvalid, "REDUCE");
        byte[] nested = new PickleWriter().Global(
            "torch._utils", "_rebuild_tensor_v2").Global("torch._utils", "_rebuild_parameter").Raw((byte)')', (byte)'R').Raw(0x85, (byte)'R').Stop();
        Refuses(nested, TorchCheckpointError.PickleInvalid, "torch._utils._rebuild_parameter");
        Refuses(new PickleWriter().Global("torch", "FloatStorage").Raw((byte)')', (byte)'R').Stop(), TorchCheckpointError.PickleInvalid, "torch.FloatStorage");
    }

    [Theory]
    [InlineData('i', "INST")]
    [InlineData('o', "OBJ")]
    [InlineData('\x81', "NEWOBJ")]
    [InlineData('\x92', "NEWOBJ_EX")]
    [InlineData('\x82', "EXT1")]
    [InlineData('2', "DUP")]
    [InlineData('P', "PERSID")]
    [InlineData('S', "STRING")]
    [InlineData('p', "PUT")]
    [InlineData('\x8b', "LONG4")]
    [InlineData('\x96', "BYTEARRAY8")]
    [InlineData('\x80', "PROTO")]
    [InlineData('\xff', "0xff")]
    public void Refuses_other_opcodes_by_name(char opcode, string name) =>
        Refuses(new PickleWriter().EmptyDict().Op(opcode).Repeat(16, 1).Stop(), TorchCheckpointError.OpcodeRefused, name);

    [Theory]
    [InlineData(new byte[] { (byte)'r', 0xff, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { (byte)'r', 0x00, 0x00, 0x00, 0x40 })]
    [InlineData(new byte[] { (byte)'r', 0x02, 0x01, 0x00, 0x00 })]
    public void Refuses_huge_memo_numbers(byte[] put) => Refuses(new PickleWriter().EmptyDict().Raw(put).Stop(), TorchCheckpointError.LimitExceeded);

    [Fact]
    public void Refuses_a_memo_that_was_never_put()
    {
        Refuses(new PickleWriter().EmptyDict().Put(1).Get(0).Stop(), TorchCheckpointError.PickleInvalid);
        Refuses(new PickleWriter().Raw((byte)'j', 0xff, 0xff, 0xff, 0xff).Stop(), TorchCheckpointError.PickleInvalid);
    }

    [Fact]
    public void Refuses_strides_through_the_memo_that_cost_more_than_the_file()
    {
        PickleWriter writer = new PickleWriter().EmptyDict();
        for (int i = 1; i < 60; i++)
        {
            writer.Put(64 * i);
        }

        Refuses(writer.Stop(), TorchCheckpointError.LimitExceeded);
    }

    [Fact]
    public void Deep_nesting_within_the_limits_is_read_and_dropped()
    {
        // 300 names make the file large enough for 10,000 lists inside each other, which BUILD then ignores.
        PickleWriter writer = new PickleWriter().OrderedDict().EmptyDict().Text("deep").Repeat(10_000, (byte)']').Repeat(9_999, (byte)'a').Op('s');
        for (int i = 0; i < 300; i++)
        {
            writer.Text($"{i:d60}").Op('N').Op('s');
        }

        using TorchCheckpointFile file = TorchCheck.Open(TorchWriter.Zip(writer.Op('b').Stop(), []));
        Assert.Empty(file.Tensors);
    }

    [Theory]
    [InlineData(0x85)]
    [InlineData('a')]
    public void Deep_nesting_is_no_recursion(int opcode)
    {
        // 100,000 tuples, or 50,000 lists, inside each other: more objects than the file's size allows.
        PickleWriter writer = opcode == 'a'
            ? new PickleWriter().Repeat(50_000, (byte)']').Repeat(49_999, (byte)'a')
            : new PickleWriter().Raw((byte)'N').Repeat(100_000, 0x85);
        Refuses(writer.Stop(), TorchCheckpointError.LimitExceeded);
    }

    [Fact]
    public void A_dictionary_that_holds_itself_is_not_walked() => Refuses(
        new PickleWriter().EmptyDict().Put(0).Text("self").Get(0).Op('s').Stop(), TorchCheckpointError.ValueNotTensor, "self");

    [Fact]
    public void Tuples_that_hold_each_other_many_times_are_not_walked()
    {
        // Two to the 40th leaves, were anyone to count them.
        PickleWriter writer = new PickleWriter().EmptyDict().Text("laughs").Raw((byte)')');
        for (int i = 0; i < 40; i++)
        {
            writer.Put(i).Get(i).Raw(0x86);
        }

        Refuses(writer.Op('s').Stop(), TorchCheckpointError.ValueNotTensor, "laughs");
    }

    [Fact]
    public void Refuses_nested_marks_and_deep_stacks()
    {
        Refuses(new PickleWriter().Repeat(100_000, (byte)'(').Stop(), TorchCheckpointError.LimitExceeded);
        Refuses(new PickleWriter().Repeat(100_000, (byte)'N').Stop(), TorchCheckpointError.LimitExceeded);
    }

    [Fact]
    public void Refuses_more_objects_than_a_file_of_its_size_needs() =>
        Refuses(new PickleWriter().Repeat(60_000, (byte)'}').Stop(), TorchCheckpointError.LimitExceeded);

    [Theory]
    [InlineData('X')]
    [InlineData('T')]
    [InlineData('B')]
    public void Refuses_strings_longer_than_names(char opcode)
    {
        Refuses(new PickleWriter().Op(opcode).Raw(0xff, 0xff, 0xff, 0x7f).Stop(), TorchCheckpointError.LimitExceeded);
        Refuses(new PickleWriter().Op(opcode).Raw(0x00, 0x01, 0x00, 0x00).Stop(), TorchCheckpointError.Truncated);
    }

    [Fact]
    public void Refuses_negative_string_lengths() => Refuses(new PickleWriter().Op('T').Raw(0xff, 0xff, 0xff, 0xff).Stop(), TorchCheckpointError.LimitExceeded);

    [Fact]
    public void Refuses_long_integers_and_long_global_names()
    {
        Refuses(new PickleWriter().Raw(0x8a, 9).Repeat(9, 1).Stop(), TorchCheckpointError.LimitExceeded);
        Refuses(new PickleWriter().Global(new string('m', 600), "f").Stop(), TorchCheckpointError.LimitExceeded);
    }

    [Fact]
    public void Messages_show_hostile_names_on_one_short_line()
    {
        TorchCheckpointException exception = Refuses(
            new PickleWriter(4).Text("os\n\u001b[31m").Text(new string('x', 5000)).Raw(0x93).Stop(), TorchCheckpointError.GlobalRefused);
        Assert.StartsWith("os\\u000a\\u001b[31m.xxx", exception.Item, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
        Assert.True(exception.Message.Length < 400);
    }

    [Theory]
    [InlineData("", "protocol")]
    [InlineData("80012e", "protocol")]
    [InlineData("80062e", "protocol")]
    [InlineData("80022e", "stack")]
    [InlineData("8002282e", "stack")]
    [InlineData("80024e4e2e", "left on its stack")]
    [InlineData("8002284e2e", "left on its stack")]
    [InlineData("8002742e", "stack")]
    [InlineData("80024e28862e", "stack")]
    [InlineData("80027d4e752e", "stack")]
    [InlineData("80027d284e752e", "key without value")]
    [InlineData("80024e4e4e732e", "sets items of None")]
    [InlineData("80024e4e612e", "appends to None")]
    [InlineData("80025d4e622e", "state")]
    [InlineData("80027d7d622e", "state")]
    [InlineData("80024e512e", "persistent id")]
    [InlineData("80025802000000c3282e", "UTF-8")]
    [InlineData("80024b014b02932e", "two strings")]
    public void Refuses_malformed_programs(string hex, string fragment)
    {
        byte[] pickle = Convert.FromHexString(hex);
        var exception = Assert.Throws<TorchCheckpointException>(() => TorchCheck.Open(TorchWriter.Zip(pickle, [])));
        Assert.Equal(hex.Length == 0 ? TorchCheckpointError.Truncated : TorchCheckpointError.PickleInvalid, exception.Error);
        if (hex.Length > 0)
        {
            Assert.Contains(fragment, exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Refuses_frames_beyond_the_end_and_bytes_after_it()
    {
        Refuses(new PickleWriter(4).Raw(0x95, 0xff, 0, 0, 0, 0, 0, 0, 0).EmptyDict().Stop(), TorchCheckpointError.Truncated);
        Refuses([.. new PickleWriter().EmptyDict().Stop(), 0], TorchCheckpointError.TrailingBytes, "archive/data.pkl");
    }

    [Theory]
    [InlineData(new byte[] { 0x80, 2, (byte)'}' })]
    [InlineData(new byte[] { 0x80, 2, (byte)'c', (byte)'o', (byte)'s' })]
    [InlineData(new byte[] { 0x80, 2, (byte)'X', 1 })]
    public void Refuses_pickles_without_end(byte[] pickle) => Refuses(pickle, TorchCheckpointError.Truncated);

    [Fact]
    public void Hostile_pickles_are_refused_in_the_older_form_too()
    {
        byte[] system = new PickleWriter().Global("os", "system").Text("echo owned").Raw(0x85, (byte)'R').Stop();
        TorchCheck.Refuses(TorchWriter.Legacy(system, []), TorchCheckpointError.GlobalRefused, "os.system");
        byte[] file = TorchWriter.Legacy(new PickleWriter().EmptyDict().Stop(), []);
        byte[] tail = [.. file.AsSpan(0, file.AsSpan().LastIndexOf((byte)']') - 2), .. system];
        TorchCheck.Refuses(tail, TorchCheckpointError.GlobalRefused, "os.system");
    }

    private static TorchCheckpointException Refuses(byte[] pickle, TorchCheckpointError error, string? item = null)
    {
        byte[] file = TorchWriter.Zip(pickle, []);
        Assert.Contains("archive/data.pkl", Encoding.Latin1.GetString(file), StringComparison.Ordinal);
        TorchCheckpointException exception = TorchCheck.Refuses(file, error, item);
        if (error is TorchCheckpointError.GlobalRefused or TorchCheckpointError.OpcodeRefused)
        {
            Assert.Contains(exception.Item!, exception.Message, StringComparison.Ordinal);
        }

        return exception;
    }
}
