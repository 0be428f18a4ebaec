using Transfuse.Apply.Backends;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Experts;

/// <summary>The function inside a feed-forward network (mlx-models.md 3).</summary>
/// <param name="backend">What computes.</param>
/// <param name="one">The function of one number.</param>
/// <param name="gated">The function of a gate and what it gates; the product with <paramref name="one"/> of the gate otherwise.</param>
internal sealed class Activation(ITensorBackend backend, Func<BackendArray, BackendArray> one, Func<BackendArray, BackendArray, BackendArray>? gated = null)
{
    private const float OaiLimit = 7, OaiSlope = 1.702f;

    /// <summary>f(x).</summary>
    public BackendArray Forward(BackendArray x) => one(x);

    /// <summary>f(gate) * up, or the function's own way.</summary>
    public BackendArray Forward(BackendArray gate, BackendArray up) => gated?.Invoke(gate, up) ?? backend.Multiply(one(gate), up);

    /// <summary>The activation that a section of the entry names.</summary>
    /// <param name="parts">The model.</param>
    /// <param name="section">Such as <c>mlp</c>.</param>
    /// <param name="path">Where the network is, for activations with parameters.</param>
    /// <param name="layer">The layer.</param>
    public static Activation Create(PartFactory parts, string section, string path, int layer)
    {
        ITensorBackend backend = parts.Backend;
        string word = parts.Settings.Word(section + ".act") ?? "silu";
        float limit = parts.Settings.Number(section + ".act_limit", layer, 0);
        if (limit > 0)
        {
            return new Activation(backend, x => backend.Apply(UnaryOperation.Silu, x), (gate, up) =>
                backend.Multiply(backend.Clip(backend.Apply(UnaryOperation.Silu, gate), float.NegativeInfinity, limit), backend.Clip(up, -limit, limit)));
        }

        float sparsity = parts.Settings.Number(section + ".act_sparsity", layer, 0);
        if (sparsity > 0)
        {
            return new Activation(backend, x => backend.Apply(UnaryOperation.GeluTanh, Sparse(backend, x, sparsity)));
        }

        return word switch
        {
            "swiglu_oai" => new Activation(backend, x => backend.Apply(UnaryOperation.Silu, x), (gate, up) => Oai(backend, gate, up)),
            "xielu" => Xielu(parts, path + ".act_fn"),
            _ => Named(word) is { } operation ? new Activation(backend, x => backend.Apply(operation, x))
                : throw new ModelException(ModelError.SettingNotRun, section + ".act", $"is '{word}', which is not run"),
        };
    }

    private static UnaryOperation? Named(string word) => word switch
    {
        "silu" => UnaryOperation.Silu,
        "gelu_erf" or "gelu" => UnaryOperation.GeluErf,
        "gelu_tanh" or "gelu_new" or "gelu_fast" or "gelu_pytorch_tanh" => UnaryOperation.GeluTanh,
        "relu" => UnaryOperation.Relu,
        "relu2" => UnaryOperation.ReluSquared,
        _ => null,
    };

    private static BackendArray Oai(ITensorBackend backend, BackendArray gate, BackendArray up)
    {
        BackendArray limited = backend.Clip(gate, float.NegativeInfinity, OaiLimit);
        BackendArray gated = backend.Multiply(limited, backend.Apply(UnaryOperation.Sigmoid, backend.Affine(limited, OaiSlope, 0)));
        return backend.Multiply(gated, backend.Affine(backend.Clip(up, -OaiLimit, OaiLimit), 1, 1));
    }

    // x > 0: ap x^2 + beta x; else (e^min(x, eps) - 1 - x) an + beta x.
    private static Activation Xielu(PartFactory parts, string path)
    {
        ITensorBackend backend = parts.Backend;
        Parameter positive = parts.Flat(path + ".alpha_p", 1), negative = parts.Flat(path + ".alpha_n", 1);
        Parameter beta = parts.Flat(path + ".beta", 1), epsilon = parts.Flat(path + ".eps", 1);
        return new Activation(backend, x =>
        {
            BackendArray rising = backend.Apply(UnaryOperation.Softplus, positive.Value);
            BackendArray falling = backend.Add(beta.Value, backend.Apply(UnaryOperation.Softplus, negative.Value));
            BackendArray line = backend.Multiply(beta.Value, x);
            BackendArray bent = backend.Subtract(backend.Apply(UnaryOperation.Expm1, backend.Minimum(x, epsilon.Value)), x);
            return backend.Where(
                x, backend.Add(backend.Multiply(rising, backend.Apply(UnaryOperation.Square, x)), line), backend.Add(backend.Multiply(bent, falling), line));
        });
    }

    // Only what is more than a normal quantile above the row's mean stays.
    private static BackendArray Sparse(ITensorBackend backend, BackendArray x, float sparsity)
    {
        float factor = (float)(Math.Sqrt(2) * InverseErf((2 * sparsity) - 1));
        BackendArray mean = backend.Affine(backend.Sum(x, -1), 1f / x[^1], 0);
        BackendArray centred = backend.Subtract(x, mean);
        BackendArray deviation = backend.Apply(
            UnaryOperation.Sqrt, backend.Affine(backend.Sum(backend.Apply(UnaryOperation.Square, centred), -1), 1f / x[^1], 0));
        return backend.Apply(UnaryOperation.Relu, backend.Subtract(centred, backend.Affine(deviation, factor, 0)));
    }

    // Newton's method on erf, from a start that is near enough.
    private static double InverseErf(double y)
    {
        double logarithm = Math.Log(1 - (y * y)), a = (2 / (Math.PI * 0.147)) + (logarithm / 2);
        double x = Math.Sign(y) * Math.Sqrt(Math.Sqrt((a * a) - (logarithm / 0.147)) - a);
        for (int i = 0; i < 3; i++)
        {
            x -= (Backends.Managed.ErrorFunction.Exact(x) - y) / (2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x));
        }

        return x;
    }
}
