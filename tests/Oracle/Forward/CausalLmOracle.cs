using System.Text.Json;

namespace Transfuse.Oracle;

/// <summary>
/// Logits of the fixture architectures in double precision: llama, qwen2, qwen3, phi3, gpt2, gemma3_text, mixtral, qwen3_moe, gpt_oss, deepseek_v3.
/// Slow and plain; meant for models of a few thousand weights.
/// </summary>
public static class CausalLmOracle
{
    /// <param name="config">The base's config.json.</param>
    /// <param name="weights">By parameter path in the live layout of transformers 5.</param>
    /// <param name="inputIds">Sequences of equal length.</param>
    /// <returns>(batch, tokens, vocabulary).</returns>
    public static DenseArray Logits(JsonElement config, IReadOnlyDictionary<string, DenseArray> weights, int[][] inputIds)
    {
        ModelWeights model = new(config, weights);
        double[][][] logits = [.. inputIds.Select(ids => model.ModelType == "gpt2" ? Gpt2Model.Logits(model, ids) : Decode(model, ids))];
        return new DenseArray([inputIds.Length, inputIds[0].Length, logits[0][0].Length], [.. logits.SelectMany(s => s).SelectMany(r => r)]);
    }

    private static double[][] Decode(ModelWeights model, int[] tokens)
    {
        bool gemma = model.ModelType == "gemma3_text";
        DenseArray table = model["model.embed_tokens.weight"];
        double factor = gemma ? Math.Sqrt(table.Shape[1]) : 1;
        double[][] x = [.. tokens.Select(id => Dense.Scale(Dense.Rows(table, id, 1, 1), factor).Values)];
        for (int layer = 0; layer < model.Integer("num_hidden_layers"); layer++)
        {
            string block = $"model.layers.{layer}";
            double[][] normed = model.Norm(x, block + ".input_layernorm");
            double[][] attended = model.ModelType == "deepseek_v3" ? LatentAttention.Run(model, layer, normed) : GroupedAttention.Run(model, layer, normed);
            x = Add(x, gemma ? model.Norm(attended, block + ".post_attention_layernorm") : attended);
            double[][] mixed = FeedForward.Run(model, layer, model.Norm(x, block + (gemma ? ".pre_feedforward_layernorm" : ".post_attention_layernorm")));
            x = Add(x, gemma ? model.Norm(mixed, block + ".post_feedforward_layernorm") : mixed);
        }

        return Layers.Linear(model.Norm(x, "model.norm"), model.Find(TiedHead.Head) ?? table, model.Find("lm_head.bias"));
    }

    private static double[][] Add(double[][] x, double[][] y) => [.. x.Zip(y, Layers.Add)];
}
