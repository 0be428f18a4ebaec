using System.Runtime.InteropServices;
using System.Text;
using Transfuse.Formats.Json;

namespace Transfuse.Benchmarks;

/// <summary>
/// A bfloat16 Llama that runs, in one file, and a rank-16 PEFT adapter in float32 over all its projections. Sparse, the projections and all rows of embedding
/// and head but the first are zeros that take no place on the disk: it computes as long, and only the adapter and the norms do anything.
/// </summary>
internal sealed class LlamaRunner
{
    private const int Rank = 16;
    private const int DenseRows = 64;
    private static readonly byte[] Pool = MakePool();

    private readonly int _hidden;
    private readonly int _layers;
    private readonly int _heads;
    private readonly int _keyHeads;
    private readonly int _inner;
    private readonly int _vocabulary;
    private readonly bool _isTied;
    private readonly bool _isSparse;

    private LlamaRunner(int hidden, int layers, int heads, int keyHeads, int inner, int vocabulary, bool isTied, bool isSparse) =>
        (_hidden, _layers, _heads, _keyHeads, _inner, _vocabulary, _isTied, _isSparse) = (hidden, layers, heads, keyHeads, inner, vocabulary, isTied, isSparse);

    /// <summary>Of the extents of Llama 3.2 1B (1.24 billion weights).</summary>
    public static LlamaRunner OneBillion { get; } = new(2048, 16, 32, 8, 8192, 128256, isTied: true, isSparse: false);

    /// <summary>Of the extents of Llama 3.1 8B (8.03 billion weights), sparse.</summary>
    public static LlamaRunner EightBillion { get; } = new(4096, 32, 32, 8, 14336, 128256, isTied: false, isSparse: true);

    private int KeyWidth => _hidden / _heads * _keyHeads;

    /// <summary>Writes <c>base</c> and <c>adapter</c> below a folder.</summary>
    public void Write(string folder)
    {
        string model = Directory.CreateDirectory(Path.Combine(folder, "base")).FullName,
            adapter = Directory.CreateDirectory(Path.Combine(folder, "adapter")).FullName;
        WriteFile(Path.Combine(model, "model.safetensors"), "BF16", Weights());
        File.WriteAllText(
            Path.Combine(model, "config.json"),
            $$"""
            {"model_type": "llama", "hidden_size": {{_hidden}}, "num_hidden_layers": {{_layers}}, "num_attention_heads": {{_heads}},
             "num_key_value_heads": {{_keyHeads}},
             "intermediate_size": {{_inner}}, "vocab_size": {{_vocabulary}}, "rms_norm_eps": 1e-05, "rope_theta": 500000.0,
             "tie_word_embeddings": {{(_isTied ? "true" : "false")}}, "torch_dtype": "bfloat16"}
            """);
        WriteFile(
            Path.Combine(adapter, "adapter_model.safetensors"), "F32",
            from layer in Enumerable.Range(0, _layers)
            from projection in Projections()
            from factor in new[] { ("lora_A", Rank, projection.In), ("lora_B", projection.Out, Rank) }
            select ($"base_model.model.model.layers.{layer}.{projection.Name}.{factor.Item1}.weight", factor.Item2, factor.Item3, Content.Random));
        File.WriteAllText(
            Path.Combine(adapter, "adapter_config.json"),
            $$"""
            {"peft_type": "LORA", "r": {{Rank}}, "lora_alpha": {{2 * Rank}},
             "target_modules": [{{string.Join(", ", Projections().Select(projection => $"\"{projection.Name.Split('.')[1]}\""))}}]}
            """);
    }

    private IEnumerable<(string Name, int Rows, int Columns, Content Content)> Weights()
    {
        Content inside = _isSparse ? Content.Zeros : Content.Random, outside = _isSparse ? Content.FirstRows : Content.Random;
        yield return ("model.embed_tokens.weight", _vocabulary, _hidden, outside);
        for (int layer = 0; layer < _layers; layer++)
        {
            yield return ($"model.layers.{layer}.input_layernorm.weight", 1, _hidden, Content.Ones);
            yield return ($"model.layers.{layer}.post_attention_layernorm.weight", 1, _hidden, Content.Ones);
            foreach ((string name, int columns, int rows) in Projections())
            {
                yield return ($"model.layers.{layer}.{name}.weight", rows, columns, inside);
            }
        }

        yield return ("model.norm.weight", 1, _hidden, Content.Ones);
        if (!_isTied)
        {
            yield return ("lm_head.weight", _vocabulary, _hidden, outside);
        }
    }

    private (string Name, int In, int Out)[] Projections() =>
    [
        ("self_attn.q_proj", _hidden, _hidden), ("self_attn.k_proj", _hidden, KeyWidth), ("self_attn.v_proj", _hidden, KeyWidth),
        ("self_attn.o_proj", _hidden, _hidden), ("mlp.gate_proj", _hidden, _inner), ("mlp.up_proj", _hidden, _inner), ("mlp.down_proj", _inner, _hidden),
    ];

    // By hand, because zeros that are written are no holes.
    private static void WriteFile(string path, string dtype, IEnumerable<(string Name, int Rows, int Columns, Content Content)> tensors)
    {
        int size = dtype == "BF16" ? 2 : 4;
        var header = new List<KeyValuePair<string, JsonValue>>();
        var parts = new List<(long Offset, long Length, Content Content)>();
        long end = 0;
        foreach ((string name, int rows, int columns, Content content) in tensors)
        {
            long length = (long)rows * columns * size;
            JsonValue[] shape = rows == 1 ? [JsonNumber.Of(columns)] : [JsonNumber.Of(rows), JsonNumber.Of(columns)];
            header.Add(new(name, new JsonObject(
            [
                new("dtype", new JsonString(dtype)), new("shape", new JsonArray([.. shape])),
                new("data_offsets", new JsonArray([JsonNumber.Of(end), JsonNumber.Of(end + length)])),
            ])));
            parts.Add((end, content == Content.FirstRows ? (long)DenseRows * columns * size : length, content));
            end += length;
        }

        byte[] text = PythonJson.Write(new JsonObject(header), PythonJsonStyle.Report);
        text = [.. text, .. Encoding.ASCII.GetBytes(new string(' ', (8 - (text.Length % 8)) % 8))];
        using FileStream file = File.Create(path);
        file.Write(BitConverter.GetBytes((long)text.Length));
        file.Write(text);
        long start = file.Position;
        file.SetLength(start + end);
        foreach ((long offset, long length, Content content) in parts.Where(part => part.Content != Content.Zeros))
        {
            file.Position = start + offset;
            byte[] source = content == Content.Ones ? Ones(length) : Pool;
            for (long done = 0; done < length; done += source.Length)
            {
                file.Write(source.AsSpan(0, (int)Math.Min(source.Length, length - done)));
            }
        }
    }

    private static byte[] Ones(long length)
    {
        ushort[] values = new ushort[length / 2];
        Array.Fill(values, (ushort)0x3f80);
        return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
    }

    // Bytes that are small numbers as bfloat16 and as float32.
    private static byte[] MakePool()
    {
        byte[] bytes = new byte[(1 << 25) + 4];
        new Random(1).NextBytes(bytes);
        for (int i = 1; i < bytes.Length; i += 2)
        {
            bytes[i] = (byte)((bytes[i] & 0x80) | 0x3c);
        }

        return bytes;
    }

    private enum Content
    {
        Random,
        Ones,
        FirstRows,
        Zeros,
    }
}
