using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Benchmarks;

/// <summary>A PEFT adapter in the shape of Llama 8B: rank 64, seven projections, bfloat16; 336 MB at 32 layers.</summary>
internal static class LlamaAdapter
{
    private const int Rank = 64;

    private static readonly (string Name, int In, int Out)[] Projections =
    [
        ("self_attn.q_proj", 4096, 4096), ("self_attn.k_proj", 4096, 1024), ("self_attn.v_proj", 4096, 1024), ("self_attn.o_proj", 4096, 4096),
        ("mlp.gate_proj", 4096, 14336), ("mlp.up_proj", 4096, 14336), ("mlp.down_proj", 14336, 4096),
    ];

    /// <summary>Writes one.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="layers">How many layers it has.</param>
    /// <param name="seed">Values of one seed have nothing in common with those of another.</param>
    public static void Write(string folder, int layers, int seed)
    {
        Directory.CreateDirectory(folder);
        var random = new Random(seed);
        List<NamedTensor> tensors =
        [
            .. from layer in Enumerable.Range(0, layers)
               from projection in Projections
               from factor in new[] { (Name: "lora_A", Shape: new TensorShape(Rank, projection.In)),
                   (Name: "lora_B", Shape: new TensorShape(projection.Out, Rank)) }
               select new NamedTensor($"base_model.model.model.layers.{layer}.{projection.Name}.{factor.Name}.weight", Values(factor.Shape, random)),
        ];
        using (var sink = new FileByteSink(Path.Combine(folder, "adapter_model.safetensors")))
        {
            SafetensorsWriter
                .Write(sink, tensors, new Dictionary<string, string> { ["format"] = "pt" }, new SafetensorsWriterOptions(), CancellationToken.None);
        }

        var config = new JsonObject(
        [
            new("base_model_name_or_path", new JsonString("made/for-a-benchmark")),
            new("bias", new JsonString("none")),
            new("lora_alpha", JsonNumber.Of(128)),
            new("lora_dropout", JsonNumber.Of(0.0)),
            new("peft_type", new JsonString("LORA")),
            new("r", JsonNumber.Of(Rank)),
            new("target_modules", JsonArray.Of(Projections.Select(projection => projection.Name.Split('.')[1]))),
            new("task_type", new JsonString("CAUSAL_LM")),
        ]);
        File.WriteAllBytes(Path.Combine(folder, "adapter_config.json"), PythonJson.Write(config, PythonJsonStyle.Peft));
    }

    // Random bytes whose exponents are those of small numbers.
    private static MemoryTensor Values(TensorShape shape, Random random)
    {
        byte[] bytes = new byte[shape.ElementCount * 2];
        random.NextBytes(bytes);
        for (int i = 1; i < bytes.Length; i += 2)
        {
            bytes[i] = (byte)((bytes[i] & 0x80) | 0x3c);
        }

        return new MemoryTensor(DType.BF16, shape, bytes);
    }
}
