using System.Numerics.Tensors;

namespace Transfuse.Apply.Backends.Managed;

/// <summary>Functions of one number on spans.</summary>
internal static class ElementFunctions
{
    private const float InverseSqrt2 = 0.70710678118654752f;

    public static void Apply(UnaryOperation operation, ReadOnlySpan<float> x, Span<float> y)
    {
        switch (operation)
        {
            case UnaryOperation.Silu:
                TensorPrimitives.Sigmoid(x, y);
                TensorPrimitives.Multiply(x, y, y);
                break;
            case UnaryOperation.Sigmoid:
                TensorPrimitives.Sigmoid(x, y);
                break;
            case UnaryOperation.GeluErf:
                Each(x, y, static v => 0.5f * v * (1 + ErrorFunction.Of(v * InverseSqrt2)));
                break;
            case UnaryOperation.GeluTanh:
                Each(x, y, static v => 0.5f * v * (1 + MathF.Tanh(0.79788456f * (v + (0.044715f * v * v * v)))));
                break;
            case UnaryOperation.Relu:
                TensorPrimitives.Max(x, 0, y);
                break;
            case UnaryOperation.ReluSquared:
                TensorPrimitives.Max(x, 0, y);
                TensorPrimitives.Multiply(y, y, y);
                break;
            case UnaryOperation.Softplus:
                Each(x, y, static v => MathF.Max(v, 0) + LogOnePlus(MathF.Exp(-MathF.Abs(v))));
                break;
            case UnaryOperation.Tanh:
                TensorPrimitives.Tanh(x, y);
                break;
            case UnaryOperation.Exp:
                TensorPrimitives.Exp(x, y);
                break;
            case UnaryOperation.Expm1:
                Each(x, y, static v => (float)ExpMinusOne(v));
                break;
            case UnaryOperation.Log:
                TensorPrimitives.Log(x, y);
                break;
            case UnaryOperation.Square:
                TensorPrimitives.Multiply(x, x, y);
                break;
            case UnaryOperation.Sqrt:
                TensorPrimitives.Sqrt(x, y);
                break;
            case UnaryOperation.Floor:
                TensorPrimitives.Floor(x, y);
                break;
            case UnaryOperation.Round:
                TensorPrimitives.Round(x, y);
                break;
            case UnaryOperation.Negate:
                TensorPrimitives.Negate(x, y);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(operation), operation, null);
        }
    }

    private static void Each(ReadOnlySpan<float> x, Span<float> y, Func<float, float> function)
    {
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = function(x[i]);
        }
    }

    // log(1 + t) for 0 <= t <= 1, without losing small t.
    private static float LogOnePlus(float t) => t < 1e-4f ? t - (0.5f * t * t) : MathF.Log(1 + t);

    private static double ExpMinusOne(double v) => Math.Abs(v) < 1e-5 ? v + (0.5 * v * v) : Math.Exp(v) - 1;
}
