using System.Collections.Immutable;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Dialects.Mlx;
using Transfuse.Conversion.Dialects.Peft;
using Transfuse.Conversion.Dialects.Peft.Methods;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Numerics;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;
using PeftMethods = Transfuse.Conversion.Dialects.Peft.Methods.PeftMethods;

namespace Transfuse.Conversion.Tests.Dialects;

/// <summary>A dialect and a method that the sources do not know are one class and one entry in a registry each: docs/architecture.md promises it.</summary>
public class DryRunTests
{
    private static readonly TargetProfile Plain = TargetProfile.Peft with { Name = "plain", Dialect = PlainDialect.Name };

    private static readonly DialectRegistry Known = new(
        [new PeftDialect(PeftMethods.Default with { Readers = [.. PeftMethods.Default.Readers, new HalfReader()] }), new MlxDialect(), new PlainDialect()]);

    [Fact]
    public void A_new_dialect_without_config_is_read()
    {
        var a = DenseArray.Zeros(2, 6);
        var b = DenseArray.Zeros(4, 2);
        (a.Values[3], b.Values[1]) = (0.5, -2);
        var files = new Dictionary<string, ReadOnlyMemory<byte>>
        {
            [PlainDialect.File] = PlainFile(("model.layers.0.mlp.up_proj.down", a), ("model.layers.0.mlp.up_proj.up", b)),
        };
        ConversionResult result = Convert(files, TargetProfile.MlxLm, out IReadOnlyDictionary<string, ReadOnlyMemory<byte>> written);
        Assert.True(result.IsWritten, string.Join(Environment.NewLine, result.Findings));
        AdapterModule module = AdapterReader.Read(AdapterSource.FromMemory("mlx", written), cancellationToken: TestContext.Current.CancellationToken).Adapter!.Modules.Single();
        Assert.Equal(("model.layers.0.mlp.up_proj", 2, 4.0), (module.FullPath, module.Rank, module.Scale));
        Assert.Equal(a.Values, module.A.ToDoubles());
        Assert.Equal(b.Values, module.B.ToDoubles());
    }

    [Fact]
    public void A_new_dialect_without_config_is_written_and_read_back()
    {
        SmallAdapter peft = SmallAdapter.Peft();
        DenseArray delta = peft.Pair("model.layers.0.mlp.up_proj", 6, 4);
        ConversionResult result = Convert(peft.Files(), Plain, out IReadOnlyDictionary<string, ReadOnlyMemory<byte>> written, verify: true);
        Assert.True(result.IsWritten, string.Join(Environment.NewLine, result.Findings));
        Assert.Equal([PlainDialect.File], written.Keys.ToArray());
        Assert.Equal(0, Assert.Single(result.Comparison!.Modules).RelativeError);
        IReadOnlyDictionary<string, OracleTensor> tensors = OracleSafetensors.Parse(written[PlainDialect.File].ToArray()[PlainDialect.Magic.Length..]);
        DenseArray product = Dense.Multiply(tensors["model.layers.0.mlp.up_proj.up"].ToArray(), tensors["model.layers.0.mlp.up_proj.down"].ToArray());
        Assert.Equal(Dense.Scale(delta, 2).Values, Dense.Scale(product, 4).Values);
    }

    [Fact]
    public void A_new_dialect_without_config_is_repaired()
    {
        var a = DenseArray.Zeros(2, 6);
        var b = DenseArray.Zeros(4, 2);
        (a.Values[3], b.Values[1]) = (0.5, -2);
        var files = new Dictionary<string, ReadOnlyMemory<byte>> { ["epoch_3.safetensors"] = SafetensorsOf(("h.0.up_proj.down", a), ("h.0.up_proj.up", b)) };
        using IAdapterSource source = AdapterSource.FromMemory("adapter", files);
        using var sink = new MemoryAdapterSink();
        RepairResult result = AdapterRepair.Of(source).WithDialects(Known).WriteTo(sink).Run(TestContext.Current.CancellationToken);
        Assert.True(result.IsWritten, string.Join(Environment.NewLine, result.Findings));
        Assert.Equal(PlainDialect.Name, result.Dialect);
        RepairChange change = Assert.Single(result.Changes);
        Assert.Equal(("weights file", "epoch_3.safetensors", PlainDialect.File), (change.Subject, change.Before, change.After));
        Assert.Equal([PlainDialect.File], sink.Files.Keys.ToArray());
        Assert.Equal(PlainFile(("h.0.up_proj.down", a), ("h.0.up_proj.up", b)), sink.Files[PlainDialect.File].ToArray());
    }

    [Fact]
    public void A_new_method_is_converted()
    {
        SmallAdapter half = SmallAdapter.Peft().Set("peft_type", "\"FROD\"");
        DenseArray a = half.Random("base_model.model.model.layers.0.mlp.up_proj.half_a", 2, 6);
        DenseArray b = half.Random("base_model.model.model.layers.0.mlp.up_proj.half_b", 4, 2);
        ConversionResult result = Convert(half.Files(), TargetProfile.MlxLm, out IReadOnlyDictionary<string, ReadOnlyMemory<byte>> written);
        Assert.True(result.IsWritten, string.Join(Environment.NewLine, result.Findings));
        Assert.Contains(result.Findings, finding => finding.Code == MethodCodes.Converted);
        AdapterModule module = AdapterReader.Read(AdapterSource.FromMemory("mlx", written), cancellationToken: TestContext.Current.CancellationToken).Adapter!.Modules.Single();
        DenseArray product = Dense.Multiply(new DenseArray([4, 2], module.B.ToDoubles()), new DenseArray([2, 6], module.A.ToDoubles()));
        Assert.Equal(Dense.Scale(Dense.Multiply(b, a), 0.5).Values, Dense.Scale(product, module.Scale).Values);
    }

    private static ConversionResult Convert(
        IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files, TargetProfile target, out IReadOnlyDictionary<string, ReadOnlyMemory<byte>> written, bool verify = false)
    {
        using IAdapterSource source = AdapterSource.FromMemory("adapter", files);
        using var sink = new MemoryAdapterSink();
        var options = new ConversionOptions { ModelType = "identity", Verify = verify };
        ConversionResult result = AdapterPipeline.From(source).To(target).WithOptions(options).WithDialects(Known).WriteTo(sink).Run(TestContext.Current.CancellationToken);
        written = sink.Files;
        return result;
    }

    private static byte[] PlainFile(params (string Name, DenseArray Values)[] tensors) => [.. PlainDialect.Magic, .. SafetensorsOf(tensors)];

    private static byte[] SafetensorsOf(params (string Name, DenseArray Values)[] tensors) =>
        OracleSafetensors.ToBytes([.. tensors.Select(tensor => OracleTensor.F32(tensor.Name, tensor.Values))]);

    /// <summary>Files of a form of their own with pairs <c>down</c> (r, in) and <c>up</c> (out, r), four times whose product is added; no config.</summary>
    private sealed class PlainDialect : Dialect
    {
        public const string File = "adapter.plain";
        private const double Scale = 4;

        public static readonly AdapterDialect Name = new("PLAIN");
        public static readonly byte[] Magic = [.. "PLN1"u8];

        public override AdapterDialect Id => Name;

        public override ModelLayout Layout => ModelLayout.HuggingFace;

        public override ImmutableArray<string> WeightsFiles => [File];

        public override TargetProfile Reader => Plain;

        public override PythonJsonStyle ConfigStyle => PythonJsonStyle.Peft;

        public override Claim Judge(JsonObject config) => Claim.None;

        public override bool HasTensor(string name) => name.EndsWith(".down", StringComparison.Ordinal) || name.EndsWith(".up", StringComparison.Ordinal);

        public override bool Understands(string field) => false;

        public override Func<string, bool> Reach(JsonObject config) => _ => false;

        public override DialectReading Read(AdapterContent content, ReadOptions options, FindingLog log) => new Reading(content);

        public override OutputFolder Write(Adapter adapter, WriteContext context, FindingLog log) => new(null, ConfigStyle, File, [.. adapter.Modules.SelectMany(NamesOf)], null);

        // Behind four letters the file is one of safetensors.
        public override Func<IByteSource, ITensorContainer> OpenerOf(string fileName) => source =>
        {
            byte[] bytes = new byte[source.Length - Magic.Length];
            source.Read(Magic.Length, bytes);
            return SafetensorsFile.Open(new MemoryByteSource(fileName, bytes));
        };

        public override void WriteWeights(OutputFolder output, IByteSink sink, int maxDegreeOfParallelism, CancellationToken cancellationToken)
        {
            byte[] bytes = PlainFile([.. output.Tensors.Select(tensor => (tensor.Name, new DenseArray([.. tensor.Tensor.Shape.Dimensions], tensor.Tensor.ToDoubles())))]);
            sink.SetLength(bytes.Length);
            sink.Write(0, bytes);
        }

        private static IEnumerable<NamedTensor> NamesOf(AdapterModule module) =>
        [
            new(module.FullPath + ".down", module.A), new(module.FullPath + ".up", module.B.Scale((float)(module.Scale / Scale))),
        ];

        private sealed class Reading(AdapterContent content) : DialectReading
        {
            private ILookup<string, NamedTensor> _byModule = Array.Empty<NamedTensor>().ToLookup(tensor => tensor.Name);

            public override int Modules => _byModule.Count;

            public override bool RemapKeys(FindingLog log)
            {
                _byModule = content.Weights.Tensors.ToLookup(tensor => tensor.Name[..tensor.Name.LastIndexOf('.')], StringComparer.Ordinal);
                return true;
            }

            public override Adapter Infer(FindingLog log) => new()
            {
                Layout = ModelLayout.HuggingFace,
                Modules = [.. _byModule.Select(Module)],
                SourceConfig = JsonObject.Empty,
            };

            private static AdapterModule Module(IGrouping<string, NamedTensor> pair)
            {
                LazyTensor a = pair.Single(tensor => tensor.Name.EndsWith(".down", StringComparison.Ordinal)).Tensor;
                return new AdapterModule
                {
                    SourcePath = pair.Key,
                    Path = ModulePath.Parse(pair.Key),
                    Kind = ModuleKind.Linear,
                    A = a,
                    B = pair.Single(tensor => tensor.Name.EndsWith(".up", StringComparison.Ordinal)).Tensor,
                    Rank = (int)a.Shape[0],
                    Scale = Scale,
                };
            }
        }
    }

    /// <summary>A method that adds half of a product, under a name that is refused otherwise.</summary>
    private sealed class HalfReader : MethodReader
    {
        public override string PeftType => "FROD";

        public override ImmutableArray<string> Parts => ["half_a", "half_b"];

        public override ImmutableArray<string> UsedFields => ["r", "lora_alpha"];

        public override IEnumerable<MethodModule> Read(MethodInput input) => input.Modules.Select(parts => new MethodModule
        {
            Path = parts.Path,
            Outputs = parts.Matrix("half_b")!.Shape[0],
            Inputs = parts.Matrix("half_a")!.Shape[1],
            Rank = parts.Matrix("half_a")!.Shape[0],
            Scale = 0.5,
            Product = () => new FactorProduct(parts.Matrix("half_a")!, parts.Matrix("half_b")!),
            Products = [[parts.Matrix("half_a")!, parts.Matrix("half_b")!]],
        });
    }
}
