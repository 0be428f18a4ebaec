namespace Transfuse.Oracle;

/// <summary>GPT-2: learned positions, LayerNorm, Conv1D weights (in, out), tied head.</summary>
internal static class Gpt2Model
{
    public static double[][] Logits(ModelWeights model, int[] tokens)
    {
        DenseArray table = model["transformer.wte.weight"];
        DenseArray positions = model["transformer.wpe.weight"];
        double[][] x = [.. tokens.Select((id, t) => Layers.Add(Row(table, id), Row(positions, t)))];
        for (int layer = 0; layer < model.Integer("n_layer"); layer++)
        {
            string block = $"transformer.h.{layer}";
            x = Add(x, Attention(model, block + ".attn", Norm(model, x, block + ".ln_1")));
            double[][] hidden = [.. Conv(model, Norm(model, x, block + ".ln_2"), block + ".mlp.c_fc").Select(r => r.Select(Layers.Gelu).ToArray())];
            x = Add(x, Conv(model, hidden, block + ".mlp.c_proj"));
        }

        return Layers.Linear(Norm(model, x, "transformer.ln_f"), model.Find(TiedHead.Head) ?? table, null);
    }

    private static double[][] Attention(ModelWeights model, string module, double[][] x)
    {
        int heads = model.Integer("n_head");
        int size = x[0].Length;
        int width = size / heads;
        double[][] qkv = Conv(model, x, module + ".c_attn");
        double[][] mixed = [.. x.Select(_ => new double[size])];
        for (int h = 0; h < heads; h++)
        {
            double[][] q = [.. qkv.Select(r => r[(h * width)..((h + 1) * width)])];
            double[][] k = [.. qkv.Select(r => r[(size + (h * width))..(size + ((h + 1) * width))])];
            double[][] v = [.. qkv.Select(r => r[((2 * size) + (h * width))..((2 * size) + ((h + 1) * width))])];
            for (int t = 0; t < x.Length; t++)
            {
                GroupedAttention.Attend(q[t], k, v, t, int.MaxValue, 1 / Math.Sqrt(width), null).CopyTo(mixed[t], h * width);
            }
        }

        return Conv(model, mixed, module + ".c_proj");
    }

    private static double[][] Conv(ModelWeights model, double[][] x, string module) =>
        Layers.Linear(x, Dense.Transpose(model[module + ".weight"]), model[module + ".bias"]);

    private static double[][] Norm(ModelWeights model, double[][] x, string module) =>
        [.. x.Select(r => Layers.LayerNorm(r, model[module + ".weight"], model[module + ".bias"], model.Config.GetNumber("layer_norm_epsilon", 1e-5)))];

    private static double[][] Add(double[][] x, double[][] y) => [.. x.Zip(y, Layers.Add)];

    private static double[] Row(DenseArray table, int row) => Dense.Rows(table, row, 1, 1).Values;
}
