using System.Text;

namespace Transfuse.Oracle.Tests.Files;

public class OracleSafetensorsTests
{
    [Fact]
    public void Reads_literal_bytes_with_offsets_out_of_order_and_null_metadata()
    {
        const string header = """{"__metadata__":null,"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}""";
        byte[] file = [(byte)header.Length, 0, 0, 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(header), 0x80, 0x3F, 0x00, 0xC0, 0x00, 0x00, 0x20, 0x40];
        IReadOnlyDictionary<string, OracleTensor> tensors = OracleSafetensors.Parse(file);
        Assert.Equal([1.0, -2.0], tensors["a"].Values);
        Assert.Equal([2.5], tensors["b"].Values);
        Assert.Equal([2L], tensors["a"].Shape);
    }

    [Fact]
    public void Refuses_tensors_that_do_not_fill_the_file()
    {
        const string header = """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""";
        byte[] file = [(byte)header.Length, 0, 0, 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(header), 1, 2];
        Assert.Throws<InvalidDataException>(() => OracleSafetensors.Parse(file));
    }

    [Theory]
    [InlineData("F16", new byte[] { 0x00, 0x3C, 0x01, 0x00 }, new[] { 1.0, 5.9604644775390625e-8 })]
    [InlineData("F64", new byte[] { 0, 0, 0, 0, 0, 0, 0xF0, 0x3F }, new[] { 1.0 })]
    [InlineData("I32", new byte[] { 0xFF, 0xFF, 0xFF, 0xFF }, new[] { -1.0 })]
    [InlineData("I64", new byte[] { 2, 0, 0, 0, 0, 0, 0, 0 }, new[] { 2.0 })]
    [InlineData("U32", new byte[] { 0xFF, 0xFF, 0xFF, 0xFF }, new[] { 4294967295.0 })]
    [InlineData("I8", new byte[] { 0xFE }, new[] { -2.0 })]
    [InlineData("BOOL", new byte[] { 1 }, new[] { 1.0 })]
    public void Decodes_each_dtype(string dtype, byte[] bytes, double[] expected) =>
        Assert.Equal(expected, OracleDType.Decode(dtype, bytes));

    [Fact]
    public void Reads_back_what_it_writes()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            OracleTensor tensor = OracleTensor.F32("x", new DenseArray([1, 2], [1.5, -3]));
            OracleSafetensors.Write(path, [tensor], peftMetadata: true);
            Assert.Equal(tensor.Bytes, OracleSafetensors.Read(path)["x"].Bytes);
            Assert.Equal("""{"format":"pt"}""", OracleSafetensors.ReadMetadata(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Reads_every_container_of_the_fixtures()
    {
        // The others are damaged, or hundreds that are read by other tests.
        string[] elsewhere = ["field", "generated", "models"];
        List<string> files =
        [
            .. Directory.EnumerateDirectories(Fixtures.Root).Where(folder => !elsewhere.Contains(Path.GetFileName(folder)))
                .SelectMany(folder => Directory.EnumerateFiles(folder, "*.safetensors", SearchOption.AllDirectories)),
        ];
        Assert.All(files, f => Assert.NotEmpty(OracleSafetensors.Read(f)));
        Assert.Equal(146, files.Count);
    }

    [Fact]
    public void Both_forms_of_torch_files_hold_the_named_tensors()
    {
        IReadOnlyDictionary<string, OracleTensor> zip = PeftFiles.ReadTensors(Fixtures.Case("llama_bin_legacy").AdapterFolder);
        IReadOnlyDictionary<string, OracleTensor> pickles = PeftFiles.ReadTensors(Fixtures.Case("llama_bin_nonzip").AdapterFolder);
        Assert.Equal(24, zip.Count);
        Assert.Equal(12, pickles.Count);
        Assert.Equal([8L, 64L], zip["base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"].Shape);
        Assert.Equal([96L, 8L], pickles["base_model.model.model.layers.2.mlp.up_proj.lora_B.weight"].Shape);
    }
}
