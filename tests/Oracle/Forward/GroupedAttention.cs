namespace Transfuse.Oracle;

/// <summary>Causal attention with grouped key and value heads and rotary positions, as Llama, Qwen, Phi-3, Mixtral, Gemma 3 and gpt-oss have it.</summary>
internal static class GroupedAttention
{
    public static double[][] Run(ModelWeights model, int layer, double[][] x)
    {
        string module = $"model.layers.{layer}.self_attn";
        int heads = model.Integer("num_attention_heads");
        int keyHeads = model.Integer("num_key_value_heads", heads);
        int width = model.Integer("head_dim", model.Integer("hidden_size") / heads);
        (double[][] q, double[][] k, double[][] v) = Project(model, module, x, heads * width, keyHeads * width);
        double theta = model.RopeTheta(layer);
        double[][][] queries = Heads(q, heads, width, (row, t) => Layers.Rotate(HeadNorm(model, module + ".q_norm", row), t, theta));
        double[][][] keys = Heads(k, keyHeads, width, (row, t) => Layers.Rotate(HeadNorm(model, module + ".k_norm", row), t, theta));
        double[][][] values = Heads(v, keyHeads, width, (row, _) => row);
        double scale = 1 / Math.Sqrt(model.ModelType == "gemma3_text" ? model.Integer("query_pre_attn_scalar") : width);
        int window = model.Slides(layer) ? model.Integer("sliding_window", int.MaxValue) : int.MaxValue;
        double[]? sinks = model.Find(module + ".sinks")?.Values;
        double[][] mixed = [.. x.Select(_ => new double[heads * width])];
        for (int h = 0; h < heads; h++)
        {
            int group = h / (heads / keyHeads);
            for (int t = 0; t < x.Length; t++)
            {
                double[] attended = Attend(queries[h][t], keys[group], values[group], t, window, scale, sinks?[h]);
                attended.CopyTo(mixed[t], h * width);
            }
        }

        return model.Linear(mixed, module + ".o_proj");
    }

    /// <summary>One query over the keys that it may see; a sink takes part in the softmax and adds no value.</summary>
    public static double[] Attend(double[] query, double[][] keys, double[][] values, int position, int window, double scale, double? sink)
    {
        int first = Math.Max(0, position - window + 1);
        List<double> scores = [.. keys[first..(position + 1)].Select(key => scale * key.Zip(query, (a, b) => a * b).Sum())];
        if (sink is { } extra)
        {
            scores.Add(extra);
        }

        double[] shares = Layers.Softmax(scores);
        double[] sum = new double[values[0].Length];
        for (int s = first; s <= position; s++)
        {
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += shares[s - first] * values[s][i];
            }
        }

        return sum;
    }

    private static (double[][] Q, double[][] K, double[][] V) Project(ModelWeights model, string module, double[][] x, int queryWidth, int keyWidth)
    {
        if (model.Find(module + ".qkv_proj.weight") is null)
        {
            return (model.Linear(x, module + ".q_proj"), model.Linear(x, module + ".k_proj"), model.Linear(x, module + ".v_proj"));
        }

        double[][] all = model.Linear(x, module + ".qkv_proj");
        return (
            [.. all.Select(r => r[..queryWidth])],
            [.. all.Select(r => r[queryWidth..(queryWidth + keyWidth)])],
            [.. all.Select(r => r[(queryWidth + keyWidth)..])]);
    }

    private static double[] HeadNorm(ModelWeights model, string module, double[] row) =>
        model.Find(module + ".weight") is null ? row : model.Norm([row], module)[0];

    private static double[][][] Heads(double[][] x, int heads, int width, Func<double[], int, double[]> each) =>
        [.. Enumerable.Range(0, heads).Select(h => x.Select((row, t) => each(row[(h * width)..((h + 1) * width)], t)).ToArray())];
}
