using System.Globalization;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Benchmarks;

/// <summary>A bfloat16 Llama in shards, and a rank-16 PEFT adapter in float32 over all its projections. Weights repeat: only their size matters.</summary>
internal static class LlamaModel
{
    private const int Rank = 16;
    private const int Vocabulary = 49152;
    private static readonly byte[] Pool = MakePool();

    /// <summary>Writes <c>base</c> and <c>adapter</c> below a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="layers">Number of layers.</param>
    /// <param name="hidden">Hidden size; the feed-forward is four times as wide.</param>
    /// <param name="shards">Number of weights files.</param>
    public static void Write(string folder, int layers, int hidden, int shards)
    {
        string model = Directory.CreateDirectory(Path.Combine(folder, "base")).FullName;
        string adapter = Directory.CreateDirectory(Path.Combine(folder, "adapter")).FullName;
        (string Name, int In, int Out)[] projections =
        [
            ("self_attn.q_proj", hidden, hidden), ("self_attn.k_proj", hidden, hidden), ("self_attn.v_proj", hidden, hidden),
            ("self_attn.o_proj", hidden, hidden),
            ("mlp.gate_proj", hidden, 4 * hidden), ("mlp.up_proj", hidden, 4 * hidden), ("mlp.down_proj", 4 * hidden, hidden),
        ];
        NamedTensor[] weights =
        [
            new("model.embed_tokens.weight", Values(DType.BF16, Vocabulary, hidden)),
            .. from layer in Enumerable.Range(0, layers)
               from projection in projections
               select new NamedTensor($"model.layers.{layer}.{projection.Name}.weight", Values(DType.BF16, projection.Out, projection.In)),
            new("model.norm.weight", Values(DType.BF16, 1, hidden)),
            new("lm_head.weight", Values(DType.BF16, Vocabulary, hidden)),
        ];
        WriteShards(model, weights, shards);
        File.WriteAllText(
            Path.Combine(model, "config.json"),
            $"{{\"model_type\": \"llama\", \"num_hidden_layers\": {layers}, \"hidden_size\": {hidden}, \"vocab_size\": {Vocabulary}, \"tie_word_embeddings\": false}}");
        WriteFile(
            Path.Combine(adapter, "adapter_model.safetensors"),
            [
                .. from layer in Enumerable.Range(0, layers)
                   from projection in projections
                   from factor in new[] { (Name: "lora_A", Rows: Rank, Columns: projection.In), (Name: "lora_B", Rows: projection.Out, Columns: Rank) }
                   select new NamedTensor(
                       $"base_model.model.model.layers.{layer}.{projection.Name}.{factor.Name}.weight", Values(DType.F32, factor.Rows, factor.Columns)),
            ]);
        File.WriteAllText(
            Path.Combine(adapter, "adapter_config.json"),
            $"{{\"peft_type\": \"LORA\", \"r\": {Rank}, \"lora_alpha\": {2 * Rank}, \"target_modules\": [{string.Join(", ", projections.Select(projection => $"\"{projection.Name.Split('.')[1]}\""))}]}}");
    }

    private static void WriteShards(string folder, NamedTensor[] weights, int shards)
    {
        if (shards == 1)
        {
            WriteFile(Path.Combine(folder, "model.safetensors"), weights);
            return;
        }

        var map = new List<KeyValuePair<string, JsonValue>>();
        for (int shard = 0; shard < shards; shard++)
        {
            string file = string.Create(CultureInfo.InvariantCulture, $"model-{shard + 1:D5}-of-{shards:D5}.safetensors");
            NamedTensor[] own = weights[(weights.Length * shard / shards)..(weights.Length * (shard + 1) / shards)];
            WriteFile(Path.Combine(folder, file), own);
            map.AddRange(own.Select(tensor => new KeyValuePair<string, JsonValue>(tensor.Name, new JsonString(file))));
        }

        var index = new JsonObject([new("metadata", new JsonObject([new("total_size", JsonNumber.Of(weights.Sum(weight => weight.Tensor.ByteLength)))])),
            new("weight_map", new JsonObject(map))]);
        File.WriteAllBytes(Path.Combine(folder, "model.safetensors.index.json"), PythonJson.Write(index, PythonJsonStyle.Report));
    }

    private static void WriteFile(string path, IReadOnlyList<NamedTensor> tensors)
    {
        using var sink = new FileByteSink(path);
        SafetensorsWriter.Write(sink, tensors, new Dictionary<string, string> { ["format"] = "pt" });
    }

    private static MemoryTensor Values(DType dtype, int rows, int columns)
    {
        var shape = new TensorShape(rows, columns);
        return new MemoryTensor(dtype, shape, Pool.AsMemory(0, checked((int)(shape.ElementCount * dtype.BitSize() / 8))));
    }

    // Bytes that are small numbers as bfloat16 and as float32.
    private static byte[] MakePool()
    {
        byte[] bytes = new byte[1 << 29];
        new Random(1).NextBytes(bytes);
        for (int i = 1; i < bytes.Length; i += 2)
        {
            bytes[i] = (byte)((bytes[i] & 0x80) | 0x3c);
        }

        return bytes;
    }
}
