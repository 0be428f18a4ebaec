using System.Collections.Immutable;
using Transfuse.Formats.Tensors;
using Transfuse.Metadata.Adapters;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Verification;

/// <summary>One module of an adapter as plain arrays, and what it does by plain loops in double precision.</summary>
/// <param name="A">(r, in), or (E, r, in).</param>
/// <param name="B">(out, r), or (E, out, r).</param>
/// <param name="Scale">The multiplier.</param>
public sealed record PlainModule(DenseArray A, DenseArray B, double Scale = 1)
{
    public ModuleKind Kind { get; init; } = ModuleKind.Linear;

    public string DTypeA { get; init; } = "F32";

    public string DTypeB { get; init; } = "F32";

    public double[]? Magnitude { get; init; }

    public string DTypeMagnitude { get; init; } = "F32";

    public string Path { get; init; } = "model.layers.0.self_attn.q_proj";

    /// <summary>Random values of about 0.1, rounded to the dtypes.</summary>
    public static PlainModule Random(int seed, long inputs, long outputs, long rank, double scale = 1, long experts = 0)
    {
        var random = new Random(seed);
        long[] stack = experts == 0 ? [] : [experts];
        return new PlainModule(Values(random, [.. stack, rank, inputs]), Values(random, [.. stack, outputs, rank]), scale)
        {
            Kind = experts == 0 ? ModuleKind.Linear : ModuleKind.Experts,
        }.Rounded();
    }

    public static DenseArray Values(Random random, params long[] shape) =>
        new(shape, [.. Enumerable.Range(0, (int)DenseArray.CountOf(shape)).Select(_ => (random.NextDouble() - 0.5) / 4)]);

    /// <summary>With the values that its dtypes can hold.</summary>
    public PlainModule Rounded() => this with { A = OracleTensor.Of("a", A, DTypeA).ToArray(), B = OracleTensor.Of("b", B, DTypeB).ToArray() };

    /// <summary>With A and B changed element by element.</summary>
    public PlainModule Changed(Func<double, double> ofA, Func<double, double> ofB) =>
        (this with { A = new DenseArray(A.Shape, [.. A.Values.Select(ofA)]), B = new DenseArray(B.Shape, [.. B.Values.Select(ofB)]) }).Rounded();

    /// <summary>The delta of each expert, or the one delta.</summary>
    public DenseArray[] Deltas() => A.Rank == 3
        ? [.. Enumerable.Range(0, (int)A.Shape[0]).Select(e => Dense.Scale(Dense.Multiply(Dense.Expert(B, e), Dense.Expert(A, e)), (float)Scale))]
        : [Dense.Scale(Dense.Multiply(B, A), (float)Scale)];

    /// <summary>The norm of this delta, the norm of the difference from another, and the largest difference of an element.</summary>
    public (double Norm, double Difference, double Worst) PlainCompare(PlainModule other)
    {
        double[] mine = [.. Deltas().SelectMany(delta => delta.Values)], others = [.. other.Deltas().SelectMany(delta => delta.Values)];
        double[] difference = [.. mine.Zip(others, (a, b) => a - b)];
        return (Norm(mine), Norm(difference), difference.Max(Math.Abs));
    }

    public static double Norm(IEnumerable<double> values) => Math.Sqrt(values.Sum(value => value * value));

    public AdapterModule ToModule()
    {
        long rank = A.Shape[^2];
        return new AdapterModule
        {
            SourcePath = Path,
            Path = ModulePath.Parse(Path),
            Kind = Kind,
            A = Tensor(A, DTypeA),
            B = Tensor(B, DTypeB),
            Rank = (int)rank,
            Scale = Scale,
            Magnitude = Magnitude is null ? null : Tensor(new DenseArray([Magnitude.Length], Magnitude), DTypeMagnitude),
        };
    }

    public static Adapter Adapter(params PlainModule[] modules) => AdapterOf([.. modules.Select(module => module.ToModule())]);

    public static Adapter AdapterOf(ImmutableArray<AdapterModule> modules) => new() { Layout = ModelLayout.Mlx, Modules = modules };

    public static MemoryTensor Tensor(DenseArray values, string dtype) => new(
        dtype switch { "F16" => DType.F16, "BF16" => DType.BF16, "F64" => DType.F64, _ => DType.F32 },
        new TensorShape(values.Shape),
        OracleTensor.Of("values", values, dtype).Bytes);
}
