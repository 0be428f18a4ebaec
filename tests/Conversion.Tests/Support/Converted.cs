using System.Text;
using System.Text.Json;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sources;
using Transfuse.Metadata.Findings;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Support;

/// <summary>What came of a conversion in memory: its findings, and the written files as the Oracle reads them.</summary>
public sealed class Converted(ConversionResult result, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files)
{
    private readonly Lazy<JsonElement> _config = new(() => OracleJson.Parse(Encoding.UTF8.GetString(files["adapter_config.json"].Span)));

    private readonly Lazy<IReadOnlyDictionary<string, OracleTensor>> _tensors = new(
        () => OracleSafetensors.Parse(files.Single(file => file.Key.EndsWith(".safetensors", StringComparison.Ordinal)).Value.ToArray()));

    public ConversionResult Result => result;

    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files => files;

    public JsonElement Config => _config.Value;

    public IReadOnlyDictionary<string, OracleTensor> Tensors => _tensors.Value;

    public IEnumerable<string> Errors => Codes(Severity.Error);

    public IEnumerable<string> Codes(Severity severity) =>
        result.Findings.Where(finding => finding.Severity == severity).Select(finding => finding.Code.Id).Distinct().Order(StringComparer.Ordinal);

    public bool Has(string code) => result.Findings.Any(finding => finding.Code.Id == code);

    public IEnumerable<Finding> Findings => result.Findings;

    public IAdapterSource Open() => AdapterSource.FromMemory("converted", files);

    /// <summary>The changes that an MLX folder makes, by module.</summary>
    public IReadOnlyDictionary<string, OracleDelta> MlxDeltas(Func<string, bool>? isEmbedding = null) => MlxOracle.Read(Config, Tensors, isEmbedding).Deltas;

    public OracleTensor Tensor(string name) => Tensors[name];

    /// <summary>The values of PEFT's lora_A and lora_B of a module, with its <c>.base_layer</c> segments.</summary>
    public (DenseArray A, DenseArray B) PeftPair(string module) => (
        Tensor($"base_model.model.{module}.lora_A.weight").ToArray(), Tensor($"base_model.model.{module}.lora_B.weight").ToArray());

    /// <summary>The scale that PEFT computes for a module or parameter.</summary>
    public double PeftScale(string path, long rank) => PeftFactors.ScaleOf(Config, path, rank);

    public override string ToString() => string.Join(Environment.NewLine, result.Findings);
}
