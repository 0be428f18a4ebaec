using System.Globalization;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;

namespace Transfuse.Benchmarks;

/// <summary>Many PEFT adapters of rank 8 over q and v, bfloat16: 64 bytes x layers x hidden each.</summary>
internal static class SmallAdapters
{
    private const int Rank = 8;

    /// <summary>Writes them, as folders 00000, 00001 and so on.</summary>
    public static void Write(string folder, int count, int layers, int hidden)
    {
        for (int i = 0; i < count; i++)
        {
            WriteOne(Path.Combine(folder, i.ToString("d5", CultureInfo.InvariantCulture)), layers, hidden, new Random(i));
        }
    }

    private static void WriteOne(string folder, int layers, int hidden, Random random)
    {
        Directory.CreateDirectory(folder);
        List<NamedTensor> tensors =
        [
            .. from layer in Enumerable.Range(0, layers)
               from projection in new[] { "q_proj", "v_proj" }
               from factor in new[] { (Name: "lora_A", Shape: new TensorShape(Rank, hidden)), (Name: "lora_B", Shape: new TensorShape(hidden, Rank)) }
               select new NamedTensor($"base_model.model.model.layers.{layer}.self_attn.{projection}.{factor.Name}.weight", LlamaAdapter.Values(factor.Shape, random)),
        ];
        using (var sink = new FileByteSink(Path.Combine(folder, "adapter_model.safetensors")))
        {
            SafetensorsWriter.Write(sink, tensors, new Dictionary<string, string> { ["format"] = "pt" }, new SafetensorsWriterOptions(), CancellationToken.None);
        }

        var config = new JsonObject(
        [
            new("base_model_name_or_path", new JsonString("made/for-a-benchmark")),
            new("bias", new JsonString("none")),
            new("lora_alpha", JsonNumber.Of(16)),
            new("lora_dropout", JsonNumber.Of(0.0)),
            new("peft_type", new JsonString("LORA")),
            new("r", JsonNumber.Of(Rank)),
            new("target_modules", JsonArray.Of(["q_proj", "v_proj"])),
            new("task_type", new JsonString("CAUSAL_LM")),
        ]);
        File.WriteAllBytes(Path.Combine(folder, "adapter_config.json"), PythonJson.Write(config, PythonJsonStyle.Peft));
    }
}
