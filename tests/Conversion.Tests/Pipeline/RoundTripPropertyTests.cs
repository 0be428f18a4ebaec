using FsCheck;
using FsCheck.Fluent;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>
/// PEFT to mlx-lm and back: tensor bytes and float32 scales stay where no finding says folded, padded or rounded; deltas stay to float32 rounding where one
/// does.
/// </summary>
public class RoundTripPropertyTests
{
    private const double Rounding = 3e-7;

    // Overlapping patterns are read as PEFT reads them when it loads the config, which is what the Oracle does.
    private static readonly ConversionOptions Options = new() { Allowed = ["TF3204"] };

    [Fact]
    public void Bytes_scales_and_deltas_return()
    {
        int converted = 0, folded = 0, padded = 0, untouched = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(100), Prop.ForAll(Arb.From(RandomAdapter.Generator), adapter =>
        {
            Converted mlx = Run.InMemory(adapter.Files.Open(), TargetProfile.MlxLm, RandomAdapter.Base, Options);
            Assert.True(mlx.Result.IsWritten, mlx.ToString());
            Converted back = Run.MustConvert(mlx.Open(), TargetProfile.Peft, RandomAdapter.Base);
            Assert.False(back.Has("TF2202") || back.Has("TF2203") || back.Has("TF2204") || back.Has("TF2206"), back.ToString());
            IReadOnlyDictionary<string, OracleDelta> deltas = mlx.MlxDeltas(path => path == "model.embed_tokens");
            Assert.Equal(adapter.Modules.Order(StringComparer.Ordinal), deltas.Keys.Order(StringComparer.Ordinal));
            converted++;
            foreach (string module in adapter.Modules)
            {
                OracleDelta source = DeltaOf(adapter.Files.Tensors, adapter.Config, module);
                DeltaComparison.AssertClose(deltas[module].Delta, source.Delta, Rounding, $"{module} in MLX");
                DeltaComparison.AssertClose(DeltaOf(back.Tensors, back.Config, module).Delta, source.Delta, Rounding, $"{module} back in PEFT");
                HashSet<string> codes = [.. mlx.Result.Findings.Where(finding => finding.Subject == module).Select(finding => finding.Code.Id)];
                AssertBytes(adapter, back, module, source, codes);
                folded += codes.Contains("TF2202") || codes.Contains("TF2203") ? 1 : 0;
                padded += codes.Contains("TF2201") ? 1 : 0;
                untouched += codes.Count == 0 ? 1 : 0;
            }
        }));
        Assert.True(
            converted == 100 && folded > 50 && padded > 50 && untouched > 50,
            $"{converted} adapters, {folded} modules folded, {padded} padded, {untouched} untouched");
    }

    private static void AssertBytes(RandomAdapter adapter, Converted back, string module, OracleDelta source, HashSet<string> codes)
    {
        (string nameOfA, string nameOfB) = Names(module);
        (OracleTensor a, OracleTensor b) = (adapter.Files.Tensors[nameOfA], adapter.Files.Tensors[nameOfB]);
        (OracleTensor newA, OracleTensor newB) = (back.Tensor(nameOfA), back.Tensor(nameOfB));
        bool doubleA = a.DType == "F64", doubleB = b.DType == "F64", isFolded = codes.Contains("TF2202");
        Assert.Equal(doubleA || doubleB, codes.Contains("TF2204") || (isFolded && doubleB && !doubleA));
        if (!codes.Contains("TF2201"))
        {
            Assert.Equal(a.Shape, newA.Shape);
            Assert.Equal(b.Shape, newB.Shape);
        }

        if (!doubleA)
        {
            Assert.Equal(a.DType, newA.DType);
            Assert.Equal(a.Bytes, newA.Bytes[..a.Bytes.Length]);
            Assert.Equal(-1, newA.Bytes.AsSpan(a.Bytes.Length).IndexOfAnyExcept((byte)0));
        }

        Assert.Equal(isFolded || doubleB ? "F32" : b.DType, newB.DType);
        if (!doubleB && !codes.Contains("TF2202") && !codes.Contains("TF2203"))
        {
            Assert.Equal(b.Values, FirstColumns(newB, b.Shape[1]));
            Assert.Equal((float)source.Scale, (float)DeltaOf(back.Tensors, back.Config, module).Scale);
        }

        if (adapter.IsDora)
        {
            string magnitude = $"base_model.model.{module}.lora_magnitude_vector";
            Assert.Equal(adapter.Files.Tensors[magnitude].Bytes, back.Tensor(magnitude).Bytes);
        }
    }

    private static double[] FirstColumns(OracleTensor tensor, long count)
    {
        DenseArray array = tensor.ToArray();
        Assert.DoesNotContain(Dense.Rows(Dense.Transpose(array), count, 1, array.Shape[1] - count).Values, value => value != 0);
        return Dense.Transpose(Dense.Rows(Dense.Transpose(array), 0, 1, count)).Values;
    }

    private static (string A, string B) Names(string module) => module == "model.embed_tokens"
        ? ($"base_model.model.{module}.lora_embedding_A", $"base_model.model.{module}.lora_embedding_B")
        : ($"base_model.model.{module}.lora_A.weight", $"base_model.model.{module}.lora_B.weight");

    private static OracleDelta DeltaOf(IReadOnlyDictionary<string, OracleTensor> tensors, System.Text.Json.JsonElement config, string module)
    {
        (string a, string b) = Names(module);
        return module == "model.embed_tokens"
            ? PeftFactors.Embedding(config, module, tensors[a].ToArray(), tensors[b].ToArray())
            : PeftFactors.Linear(config, module + ".weight", module, tensors[a].ToArray(), tensors[b].ToArray(), null);
    }
}
