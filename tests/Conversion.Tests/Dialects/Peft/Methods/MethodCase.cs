using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Dialects.Peft;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;
using Transfuse.Oracle;
using JsonNode = System.Text.Json.Nodes.JsonNode;
using NodeObject = System.Text.Json.Nodes.JsonObject;
using PeftMethods = Transfuse.Conversion.Dialects.Peft.Methods.PeftMethods;

namespace Transfuse.Conversion.Tests.Dialects.Peft.Methods;

/// <summary>A small adapter made by hand, read for conversion.</summary>
internal sealed class MethodCase
{
    public const string Path = "model.layers.0.self_attn.q_proj";

    private readonly SortedDictionary<string, LazyTensor> _tensors = new(StringComparer.Ordinal);
    private readonly NodeObject _config = [];

    public MethodCase(string peftType) => _config["peft_type"] = peftType;

    /// <summary>The findings of the last reading.</summary>
    public ImmutableArray<Finding> Findings { get; private set; } = [];

    public IEnumerable<string> Errors => Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => finding.Code.Id);

    /// <summary>Sets a field of the config from JSON text.</summary>
    public MethodCase Set(string field, string json)
    {
        _config[field] = JsonNode.Parse(json);
        return this;
    }

    /// <summary>Puts random float32 values between -1 and 1 under a name of a module, and gives them.</summary>
    public DenseArray Put(string part, params long[] shape) => Put(Path, part, shape);

    public DenseArray Put(string path, string part, params long[] shape)
    {
        var random = new Random(HashOf(path + part));
        return PutWhole(
            $"base_model.model.{path}.{part}",
            new DenseArray(shape, [.. Enumerable.Range(0, (int)DenseArray.CountOf(shape)).Select(_ => (double)(float)((random.NextDouble() * 2) - 1))]));
    }

    public DenseArray PutShared(string name, params long[] shape)
    {
        DenseArray values = Put("shared", name, shape);
        _tensors.Remove($"base_model.model.shared.{name}");
        return PutWhole("base_model." + name, values);
    }

    public DenseArray PutWhole(string name, DenseArray values)
    {
        float[] floats = [.. values.Values.Select(value => (float)value)];
        _tensors[name] = new MemoryTensor(DType.F32, new TensorShape(values.Shape), MemoryMarshal.AsBytes(floats.AsSpan()).ToArray());
        return values;
    }

    public MethodCase Put(string name, DType dtype, TensorShape shape, byte[] bytes)
    {
        _tensors[name] = new MemoryTensor(dtype, shape, bytes);
        return this;
    }

    /// <summary>Reads; the modules by path, or none where there is an error.</summary>
    public IReadOnlyDictionary<string, AdapterModule> Read(MethodOptions? options = null, params string[] allowed) =>
        ReadAdapter(options, allowed)?.Modules.ToDictionary(module => module.SourcePath, StringComparer.Ordinal) ?? [];

    public Adapter? ReadAdapter(MethodOptions? options = null, params string[] allowed)
    {
        var log = new FindingLog(allowed.ToHashSet());
        JsonObject config = PythonJson.ParseObject(Encoding.UTF8.GetBytes(_config.ToJsonString()), "adapter_config.json");
        var content = new AdapterContent(
            AdapterSource.FromMemory("adapter", new Dictionary<string, ReadOnlyMemory<byte>>()), "adapter", "adapter_model.safetensors",
            new Container(_tensors), config);
        DialectReading? reading = new PeftDialect(PeftMethods.Default).Read(content, ReadOptions.Nothing, log);
        log.AddRange(reading?.Obstacles ?? []);
        Adapter? adapter = log.HasErrors || reading!.Complete(log) is not { } read ? null : reading.AsLora(read, options ?? new MethodOptions { MaxRank = 1000 }, log);
        Findings = log.ToSorted();
        Assert.Equal(adapter is null, log.HasErrors);
        return adapter;
    }

    /// <summary>Reads the one module, and fails with the findings if there is none.</summary>
    public AdapterModule Only(MethodOptions? options = null)
    {
        IReadOnlyDictionary<string, AdapterModule> modules = Read(options);
        Assert.True(modules.Count == 1, string.Join(Environment.NewLine, Findings));
        return modules.Single().Value;
    }

    /// <summary>Reads, and fails unless it is refused with exactly these codes.</summary>
    public void MustRefuse(params string[] codes)
    {
        Assert.Empty(Read());
        Assert.Equal(codes.Order(), Errors.Distinct().Order());
    }

    /// <summary>Scale x B A by plain loops.</summary>
    public static DenseArray DeltaOf(AdapterModule module)
    {
        Assert.Equal(ModuleKind.Linear, module.Kind);
        Assert.Equal((module.Rank, module.Rank), (module.A.Shape[0], module.B.Shape[1]));
        return Dense.Scale(Dense.Multiply(ArrayOf(module.B), ArrayOf(module.A)), (float)module.Scale);
    }

    public static DenseArray ArrayOf(LazyTensor tensor) =>
        new([.. tensor.Shape.Dimensions], [.. tensor.ToSingles(TestContext.Current.CancellationToken).Select(value => (double)value)]);

    public static void AssertDelta(DenseArray expected, AdapterModule module, double tolerance = 2e-7) =>
        DeltaComparison.AssertClose(DeltaOf(module), expected, tolerance, module.SourcePath);

    // The same in every run, other than a string's own.
    private static int HashOf(string text) => text.Aggregate(17, (hash, character) => unchecked((hash * 31) + character));

    private sealed class Container(SortedDictionary<string, LazyTensor> tensors) : ITensorContainer
    {
        public ImmutableArray<NamedTensor> Tensors { get; } = [.. tensors.Select(tensor => new NamedTensor(tensor.Key, tensor.Value))];

        public IReadOnlyDictionary<string, string>? Metadata => null;

        public void Dispose()
        {
        }
    }
}
