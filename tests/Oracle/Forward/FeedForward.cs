namespace Transfuse.Oracle;

/// <summary>The MLP of a decoder block: dense, fused (Phi-3), or a mixture of experts.</summary>
internal static class FeedForward
{
    public static double[][] Run(ModelWeights model, int layer, double[][] x)
    {
        string module = $"model.layers.{layer}.mlp";
        if (model.Find(module + ".experts.gate_up_proj") is null)
        {
            return Dense(model, module, x);
        }

        double[][] y = [.. x.Select(row => Mixture(model, module, row))];
        return model.Find(module + ".shared_experts.gate_proj.weight") is null
            ? y
            : [.. y.Zip(Dense(model, module + ".shared_experts", x), Layers.Add)];
    }

    private static double[][] Dense(ModelWeights model, string module, double[][] x)
    {
        Func<double, double> activation = model.ModelType == "gemma3_text" ? Layers.Gelu : Layers.Silu;
        double[][] gate;
        double[][] up;
        if (model.Find(module + ".gate_up_proj.weight") is null)
        {
            gate = model.Linear(x, module + ".gate_proj");
            up = model.Linear(x, module + ".up_proj");
        }
        else
        {
            double[][] both = model.Linear(x, module + ".gate_up_proj");
            gate = [.. both.Select(r => r[..(r.Length / 2)])];
            up = [.. both.Select(r => r[(r.Length / 2)..])];
        }

        double[][] hidden = [.. gate.Zip(up, (g, u) => g.Zip(u, (a, b) => activation(a) * b).ToArray())];
        return model.Linear(hidden, module + ".down_proj");
    }

    private static double[] Mixture(ModelWeights model, string module, double[] x)
    {
        (int[] chosen, double[] shares) = Route(model, module, x);
        double[] y = new double[x.Length];
        for (int i = 0; i < chosen.Length; i++)
        {
            double[] expert = model.ModelType == "gpt_oss" ? GptOssExpert(model, module, chosen[i], x) : Expert(model, module, chosen[i], x);
            y = Layers.Add(y, [.. expert.Select(v => shares[i] * v)]);
        }

        return y;
    }

    /// <summary>Which experts a token goes to, and with what weight each.</summary>
    private static (int[] Chosen, double[] Shares) Route(ModelWeights model, string module, double[] x)
    {
        int count = model.Integer("num_experts_per_tok");
        if (model.ModelType == "gpt_oss")
        {
            double[] scores = Layers.Linear(x, model[module + ".router.weight"], model[module + ".router.bias"].Values);
            int[] best = Layers.Top(scores, count);
            return (best, Layers.Softmax([.. best.Select(e => scores[e])]));
        }

        double[] logits = Layers.Linear(x, model[module + ".gate.weight"], null);
        if (model.ModelType == "deepseek_v3")
        {
            double[] affinities = [.. logits.Select(Layers.Sigmoid)];
            int[] best = Layers.Top(Layers.Add(affinities, model[module + ".gate.e_score_correction_bias"].Values), count);
            double total = best.Sum(e => affinities[e]);
            double factor = model.Config.GetNumber("routed_scaling_factor", 1);
            return (best, [.. best.Select(e => affinities[e] / total * factor)]);
        }

        double[] shares = Layers.Softmax(logits);
        int[] top = Layers.Top(shares, count);
        double sum = top.Sum(e => shares[e]);
        return (top, [.. top.Select(e => shares[e] / sum)]);
    }

    private static double[] Expert(ModelWeights model, string module, int expert, double[] x)
    {
        double[] both = Layers.Linear(x, Oracle.Dense.Expert(model[module + ".experts.gate_up_proj"], expert), null);
        int half = both.Length / 2;
        double[] hidden = [.. Enumerable.Range(0, half).Select(i => Layers.Silu(both[i]) * both[half + i])];
        return Layers.Linear(hidden, Oracle.Dense.Expert(model[module + ".experts.down_proj"], expert), null);
    }

    /// <summary>gpt-oss: weights (in, out), gate and up interleaved, both clamped to 7, sigmoid of 1.702 times the gate, up plus one.</summary>
    private static double[] GptOssExpert(ModelWeights model, string module, int expert, double[] x)
    {
        DenseArray gateUp = Oracle.Dense.Transpose(Oracle.Dense.Expert(model[module + ".experts.gate_up_proj"], expert));
        double[] both = Layers.Linear(x, gateUp, Oracle.Dense.Rows(model[module + ".experts.gate_up_proj_bias"], expert, 1, 1).Values);
        double[] hidden = new double[both.Length / 2];
        for (int i = 0; i < hidden.Length; i++)
        {
            double gate = Math.Min(both[2 * i], 7);
            double up = Math.Clamp(both[(2 * i) + 1], -7, 7);
            hidden[i] = gate * Layers.Sigmoid(1.702 * gate) * (up + 1);
        }

        DenseArray down = Oracle.Dense.Transpose(Oracle.Dense.Expert(model[module + ".experts.down_proj"], expert));
        return Layers.Linear(hidden, down, Oracle.Dense.Rows(model[module + ".experts.down_proj_bias"], expert, 1, 1).Values);
    }
}
