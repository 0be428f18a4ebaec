namespace Transfuse.Apply.Backends;

/// <summary>Functions of one number, applied to each element of a float32 array.</summary>
/// <seealso cref="Transfuse.Apply.Backends.ITensorBackend" />
public enum UnaryOperation
{
    /// <summary>x * sigmoid(x).</summary>
    Silu,

    /// <summary>1 / (1 + e^-x).</summary>
    Sigmoid,

    /// <summary>x * (1 + erf(x / sqrt 2)) / 2.</summary>
    GeluErf,

    /// <summary>x / 2 * (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).</summary>
    GeluTanh,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>max(x, 0)^2.</summary>
    ReluSquared,

    /// <summary>log(1 + e^x).</summary>
    Softplus,

    /// <summary>Hyperbolic tangent.</summary>
    Tanh,

    /// <summary>e^x.</summary>
    Exp,

    /// <summary>e^x - 1.</summary>
    Expm1,

    /// <summary>Natural logarithm.</summary>
    Log,

    /// <summary>x^2.</summary>
    Square,

    /// <summary>Square root.</summary>
    Sqrt,

    /// <summary>Largest integer that is not above x.</summary>
    Floor,

    /// <summary>Nearest integer, halves to even.</summary>
    Round,

    /// <summary>-x.</summary>
    Negate,
}
