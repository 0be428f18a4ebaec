namespace Transfuse.Oracle;

/// <summary>DeepSeek-V3's attention with compressed keys and values, unfolded into plain heads.</summary>
internal static class LatentAttention
{
    public static double[][] Run(ModelWeights model, int layer, double[][] x)
    {
        string module = $"model.layers.{layer}.self_attn";
        int heads = model.Integer("num_attention_heads");
        int plain = model.Integer("qk_nope_head_dim");
        int rotary = model.Integer("qk_rope_head_dim");
        int valueWidth = model.Integer("v_head_dim");
        int compressed = model.Integer("kv_lora_rank");
        double theta = model.RopeTheta(layer);
        double scale = 1 / Math.Sqrt(plain + rotary);
        double[][] q = model.Linear(model.Norm(model.Linear(x, module + ".q_a_proj"), module + ".q_a_layernorm"), module + ".q_b_proj");
        double[][] latent = model.Linear(x, module + ".kv_a_proj_with_mqa");
        double[][] kv = model.Linear(model.Norm([.. latent.Select(r => r[..compressed])], module + ".kv_a_layernorm"), module + ".kv_b_proj");
        double[][] sharedKey = [.. latent.Select((r, t) => Layers.RotateNeighbours(r[compressed..], t, theta))];
        double[][] mixed = [.. x.Select(_ => new double[heads * valueWidth])];
        for (int h = 0; h < heads; h++)
        {
            double[][] keys = [.. kv.Select((r, t) => Part(r, h, plain + valueWidth, 0, plain).Concat(sharedKey[t]).ToArray())];
            double[][] values = [.. kv.Select(r => Part(r, h, plain + valueWidth, plain, valueWidth))];
            for (int t = 0; t < x.Length; t++)
            {
                double[] head = Part(q[t], h, plain + rotary, 0, plain + rotary);
                double[] query = [.. head[..plain], .. Layers.RotateNeighbours(head[plain..], t, theta)];
                GroupedAttention.Attend(query, keys, values, t, int.MaxValue, scale, null).CopyTo(mixed[t], h * valueWidth);
            }
        }

        return model.Linear(mixed, module + ".o_proj");
    }

    private static double[] Part(double[] row, int head, int stride, int from, int count) =>
        row[((head * stride) + from)..((head * stride) + from + count)];
}
