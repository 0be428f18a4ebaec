using Transfuse.Apply.Backends.Mlx.Native;

namespace Transfuse.Apply.Backends.Mlx;

/// <content>Operations on each element.</content>
internal sealed unsafe partial class MlxOperations
{
    private const float GeluSlope = 0.044715f;

    private static readonly float GeluFactor = MathF.Sqrt(2 / MathF.PI);
    private static readonly float RootOfTwo = MathF.Sqrt(2);

    public MlxArray Add(BackendArray a, BackendArray b) => Zip(OpsFunctions.Add, Float(a), Float(b), "add");

    public MlxArray Subtract(BackendArray a, BackendArray b) => Zip(OpsFunctions.Subtract, Float(a), Float(b), "subtract");

    public MlxArray Multiply(BackendArray a, BackendArray b) => Zip(OpsFunctions.Multiply, Float(a), Float(b), "multiply");

    public MlxArray Divide(BackendArray a, BackendArray b) => Zip(OpsFunctions.Divide, Float(a), Float(b), "divide");

    public MlxArray Minimum(BackendArray a, BackendArray b) => Zip(OpsFunctions.Minimum, Float(a), Float(b), "minimum");

    public MlxArray Maximum(BackendArray a, BackendArray b) => Zip(OpsFunctions.Maximum, Float(a), Float(b), "maximum");

    public MlxArray Widen(BackendArray a) => Cast(Float(a), MlxDType.Float32);

    public static bool IsFloat16(BackendArray a) => Float(a).DType == MlxDType.Float16;

    public MlxArray CastLike(BackendArray a, BackendArray other) => Cast(Float(a), Float(other).DType);

    public MlxArray Where(BackendArray condition, BackendArray a, BackendArray b)
    {
        MlxArray above = With(OpsFunctions.Greater, Float(condition), 0, "greater");
        (MlxArray x, MlxArray y) = Alike(Float(a), Float(b));
        ArrayHandle result = default;
        return Made(OpsFunctions.Where(&result, above.Handle, x.Handle, y.Handle, _stream), result, "where");
    }

    public MlxArray Affine(BackendArray a, float factor, float offset)
    {
        MlxArray x = Float(a);
        MlxArray scaled = factor == 1 && offset != 0 ? x : With(OpsFunctions.Multiply, x, factor, "multiply");
        return offset == 0 ? scaled : With(OpsFunctions.Add, scaled, offset, "add");
    }

    public MlxArray Clip(BackendArray a, float lowest, float highest)
    {
        MlxArray x = Float(a);
        using Temporary least = Scalar(lowest, x.DType), most = Scalar(highest, x.DType);
        ArrayHandle result = default;
        return Made(OpsFunctions.Clip(&result, x.Handle, least.Handle, most.Handle, _stream), result, "clip");
    }

    public MlxArray Apply(UnaryOperation operation, BackendArray a)
    {
        MlxArray x = Float(a);
        switch (operation)
        {
            case UnaryOperation.Silu:
                return Zip(OpsFunctions.Multiply, x, One(OpsFunctions.Sigmoid, x, "sigmoid"), "multiply");
            case UnaryOperation.Sigmoid:
                return One(OpsFunctions.Sigmoid, x, "sigmoid");
            case UnaryOperation.GeluErf:
                MlxArray area = With(OpsFunctions.Add, One(OpsFunctions.Erf, With(OpsFunctions.Divide, x, RootOfTwo, "divide"), "erf"), 1, "add");
                return With(OpsFunctions.Multiply, Zip(OpsFunctions.Multiply, x, area, "multiply"), 0.5f, "multiply");
            case UnaryOperation.GeluTanh:
                MlxArray cube = With(OpsFunctions.Power, x, 3, "power");
                MlxArray inner = With(
                    OpsFunctions.Multiply, Zip(OpsFunctions.Add, x, With(OpsFunctions.Multiply, cube, GeluSlope, "multiply"), "add"), GeluFactor, "multiply");
                MlxArray bent = With(OpsFunctions.Add, One(OpsFunctions.Tanh, inner, "tanh"), 1, "add");
                return Zip(OpsFunctions.Multiply, With(OpsFunctions.Multiply, x, 0.5f, "multiply"), bent, "multiply");
            case UnaryOperation.Relu:
                return With(OpsFunctions.Maximum, x, 0, "maximum");
            case UnaryOperation.ReluSquared:
                return One(OpsFunctions.Square, With(OpsFunctions.Maximum, x, 0, "maximum"), "square");
            case UnaryOperation.Softplus:
                return With(OpsFunctions.Logaddexp, x, 0, "logaddexp");
            case UnaryOperation.Tanh:
                return One(OpsFunctions.Tanh, x, "tanh");
            case UnaryOperation.Exp:
                return One(OpsFunctions.Exp, x, "exp");
            case UnaryOperation.Expm1:
                return One(OpsFunctions.Expm1, x, "expm1");
            case UnaryOperation.Log:
                return One(OpsFunctions.Log, x, "log");
            case UnaryOperation.Square:
                return One(OpsFunctions.Square, x, "square");
            case UnaryOperation.Sqrt:
                return One(OpsFunctions.Sqrt, x, "sqrt");
            case UnaryOperation.Floor:
                return One(OpsFunctions.Floor, x, "floor");
            case UnaryOperation.Round:
                ArrayHandle rounded = default;
                return Made(OpsFunctions.Round(&rounded, x.Handle, 0, _stream), rounded, "round");
            case UnaryOperation.Negate:
                return One(OpsFunctions.Negative, x, "negative");
            default:
                throw new ArgumentException($"{operation} is not known.", nameof(operation));
        }
    }

    private MlxArray One(Unary function, MlxArray x, string operation)
    {
        ArrayHandle result = default;
        return Made(function(&result, x.Handle, _stream), result, operation);
    }

    private MlxArray With(Binary function, MlxArray x, float number, string operation)
    {
        using Temporary scalar = Scalar(number, x.DType);
        ArrayHandle result = default;
        ErrorFunctions.Check(function(&result, x.Handle, scalar.Handle, _stream), operation);
        return Scoped(MlxArray.Own(result, x.IsWeak));
    }

    private MlxArray Zip(Binary function, MlxArray a, MlxArray b, string operation)
    {
        (a, b) = Alike(a, b);
        ArrayHandle result = default;
        ErrorFunctions.Check(function(&result, a.Handle, b.Handle, _stream), operation);
        return Scoped(MlxArray.Own(result, a.IsWeak && b.IsWeak));
    }

    // As in mlx-lm, float32 that meets 16 bits is rounded to these: what a factor or a constant adds does not widen the stream.
    private (MlxArray A, MlxArray B) Alike(MlxArray a, MlxArray b) => (a.DType, b.DType) switch
    {
        (var left, var right) when left == right => (a, b),
        (MlxDType.Float32, var narrow) => (Cast(a, narrow), b),
        (var narrow, MlxDType.Float32) => (a, Cast(b, narrow)),
        _ => (a, b),
    };
}
