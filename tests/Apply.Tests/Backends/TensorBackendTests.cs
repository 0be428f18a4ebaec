using System.Runtime.InteropServices;
using Transfuse.Apply.Backends;
using Transfuse.Apply.Quantization;
using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Tests.Backends;

/// <summary>Each operation of a backend against plain loops in double. A backend is tested by deriving from this and naming it.</summary>
public abstract class TensorBackendTests
{
    private const double Rounding = 2e-5;

    /// <summary>What is tested; its maker disposes it.</summary>
    protected abstract ITensorBackend Backend { get; }

    public static TheoryData<UnaryOperation> Functions { get; } = [.. Enum.GetValues<UnaryOperation>()];

    public static TheoryData<DType> Floats { get; } = [DType.F32, DType.F16, DType.BF16];

    public static TheoryData<string> Forms { get; } =
        ["affine 2 32", "affine 3 32", "affine 4 64", "affine 5 32", "affine 6 32", "affine 8 128", "mxfp4 4 32", "mxfp8 8 32", "nvfp4 4 16"];

    [Fact]
    public void Numbers_go_in_and_out()
    {
        Plain x = Plain.Random(1, 2, 3);
        BackendArray array = Put(x);

        Assert.Equal(ElementType.Float32, array.Type);
        Same(x, array, 0);
        Assert.Equal([7, -1, int.MaxValue, int.MinValue], Backend.ToIntegers(Backend.FromIntegers([7, -1, int.MaxValue, int.MinValue], 2, 2)));
        Assert.NotEmpty(Backend.Name);
    }

    [Theory]
    [MemberData(nameof(Floats))]
    public void Parameters_are_read_as_float32(DType dtype)
    {
        Plain x = Plain.Random(2, 3, 5);
        LazyTensor stored = Stored(x).Cast(dtype);

        Same(new Plain([.. stored.ToSingles().Select(value => (double)value)], x.Shape), Backend.Read(stored), 0);
    }

    [Theory]
    [InlineData(new[] { 2, 3, 4 }, new[] { 2, 3, 4 })]
    [InlineData(new[] { 2, 3, 4 }, new[] { 4 })]
    [InlineData(new[] { 2, 3, 4 }, new[] { 3, 1 })]
    [InlineData(new[] { 2, 1, 4 }, new[] { 1, 3, 1 })]
    [InlineData(new[] { 5 }, new[] { 2, 1, 5 })]
    [InlineData(new[] { 1 }, new[] { 3, 2 })]
    public void Arithmetic_broadcasts(int[] left, int[] right)
    {
        Plain a = Plain.Random(3, left), b = Plain.Random(4, 0.5, 2, right);
        int rank = Math.Max(left.Length, right.Length);
        int Extent(int[] shape, int axis) => axis < rank - shape.Length ? 1 : shape[axis - rank + shape.Length];
        int[] shape = [.. Enumerable.Range(0, rank).Select(axis => Math.Max(Extent(left, axis), Extent(right, axis)))];
        Plain Each(Func<double, double, double> function) => Plain.Of(shape, index => function(a.At(index), b.At(index)));

        Same(Each((x, y) => x + y), Backend.Add(Put(a), Put(b)));
        Same(Each((x, y) => x - y), Backend.Subtract(Put(a), Put(b)));
        Same(Each((x, y) => x * y), Backend.Multiply(Put(a), Put(b)));
        Same(Each((x, y) => x / y), Backend.Divide(Put(a), Put(b)));
        Same(Each(Math.Min), Backend.Minimum(Put(a), Put(b)), 0);
        Same(Each((x, y) => x > 0 ? y : x), Backend.Where(Put(a), Put(b), Put(a)), 0);
        Same(a, Backend.Widen(Backend.CastLike(Put(a), Put(b))), 0);
        Same(Each(Math.Max), Backend.Maximum(Put(a), Put(b)), 0);
    }

    [Fact]
    public void Affine_and_clip()
    {
        Plain x = Plain.Random(5, -3.0, 3.0, 4, 5);

        Same(x.Map(value => (0.5 * value) - 2), Backend.Affine(Put(x), 0.5f, -2));
        Same(x.Map(value => Math.Clamp(value, -1, 0.5)), Backend.Clip(Put(x), -1, 0.5f), 0);
        Same(x.Map(value => Math.Min(value, 0.5)), Backend.Clip(Put(x), float.NegativeInfinity, 0.5f), 0);
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void Functions_of_one_number(UnaryOperation operation)
    {
        bool positive = operation is UnaryOperation.Log or UnaryOperation.Sqrt;
        Plain x = Plain.Random(6, positive ? 0.01 : -6, 6, 7, 31);
        Plain expected = x.Map(value => operation switch
        {
            UnaryOperation.Silu => value / (1 + Math.Exp(-value)),
            UnaryOperation.Sigmoid => 1 / (1 + Math.Exp(-value)),
            UnaryOperation.GeluErf => value * (1 + Erf(value / Math.Sqrt(2))) / 2,
            UnaryOperation.GeluTanh => value / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (value + (0.044715 * value * value * value)))),
            UnaryOperation.Relu => Math.Max(value, 0),
            UnaryOperation.ReluSquared => Math.Pow(Math.Max(value, 0), 2),
            UnaryOperation.Softplus => Math.Log(1 + Math.Exp(value)),
            UnaryOperation.Tanh => Math.Tanh(value),
            UnaryOperation.Exp => Math.Exp(value),
            UnaryOperation.Expm1 => Math.Exp(value) - 1,
            UnaryOperation.Log => Math.Log(value),
            UnaryOperation.Square => value * value,
            UnaryOperation.Sqrt => Math.Sqrt(value),
            UnaryOperation.Floor => Math.Floor(value),
            UnaryOperation.Round => Math.Round(value, MidpointRounding.ToEven),
            UnaryOperation.Negate => -value,
            _ => throw new ArgumentOutOfRangeException(nameof(operation)),
        });

        Same(expected, Backend.Apply(operation, Put(x)), 1e-5, relative: true);
    }

    [Fact]
    public void Functions_at_their_ends()
    {
        BackendArray At(UnaryOperation operation, params float[] x) => Backend.Apply(operation, Backend.FromSingles(x, x.Length));

        Assert.Equal([0, 1], Backend.ToSingles(At(UnaryOperation.Sigmoid, -200, 200)));
        Assert.Equal([0, 200], Backend.ToSingles(At(UnaryOperation.Softplus, -200, 200)));
        Assert.Equal([-1, 1], Backend.ToSingles(At(UnaryOperation.Tanh, -200, 200)));
        Assert.Equal([-2, 0, 2, 2], Backend.ToSingles(At(UnaryOperation.Round, -1.5f, 0.5f, 1.5f, 2.5f)));
        Assert.Equal(1e-6, Backend.ToSingles(At(UnaryOperation.Expm1, 1e-6f))[0], 1e-10);
    }

    [Fact]
    public void Shapes_change_and_elements_stay()
    {
        Plain x = Plain.Random(7, 2, 3, 4);

        Same(x with { Shape = [6, 4] }, Backend.Reshape(Put(x), 6, -1), 0);
        Same(x with { Shape = [2, 1, 3, 4] }, Backend.Reshape(Put(x), 2, 1, 3, 4), 0);
        Same(Plain.Of([4, 2, 3], index => x.At(index[1], index[2], index[0])), Backend.Permute(Put(x), 2, 0, 1), 0);
        Same(Plain.Of([2, 3, 2], index => x.At(index[0], index[1], 1 + (2 * index[2]))), Backend.Slice(Put(x), -1, 1, 2, 2), 0);
        Same(Plain.Of([2, 2, 4], index => x.At(index[0], 1 + index[1], index[2])), Backend.Slice(Put(x), 1, 1, 2), 0);
        Same(Plain.Of([2, 9, 4], index => x.At(index[0], index[1] / 3, index[2])), Backend.Repeat(Put(x), 1, 3), 0);
        Same(Plain.Of([2, 4, 4], index => index[1] < 3 ? x.At(index) : -x.At(index[0], 0, index[2])),
            Backend.Concat(1, Put(x), Backend.Apply(UnaryOperation.Negate, Backend.Slice(Put(x), 1, 0, 1))), 0);
    }

    [Fact]
    public void Integers_change_shape_too()
    {
        BackendArray x = Backend.FromIntegers([0, 1, 2, 3, 4, 5], 2, 3);

        Assert.Equal([0, 3, 1, 4, 2, 5], Backend.ToIntegers(Backend.Permute(x, 1, 0)));
        Assert.Equal([1, 2, 4, 5], Backend.ToIntegers(Backend.Slice(x, 1, 1, 2)));
        Assert.Equal([3, 2], Backend.Reshape(x, 3, 2).Shape.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    public void Reductions_keep_the_axis(int axis)
    {
        Plain x = Plain.Random(8, 3, 4, 5);
        int at = axis < 0 ? axis + 3 : axis;
        int[] shape = [3, 4, 5];
        int extent = shape[at];
        shape[at] = 1;
        Plain Reduced(Func<IEnumerable<double>, double> function) => Plain.Of(shape, index => function(Enumerable.Range(0, extent).Select(i =>
        {
            int[] place = [.. index];
            place[at] = i;
            return x.At(place);
        })));

        Same(Reduced(Enumerable.Sum), Backend.Sum(Put(x), axis));
        Same(Reduced(Enumerable.Max), Backend.Max(Put(x), axis), 0);
    }

    [Fact]
    public void Softmax_of_large_and_of_hidden_scores()
    {
        Plain x = Plain.Random(9, -90.0, 90.0, 3, 17);
        x.Values[4] = double.NegativeInfinity;

        Same(x.Rows(Softmax), Backend.Softmax(Put(x)));
    }

    [Fact]
    public void The_largest_come_first_and_of_equal_ones_the_first()
    {
        BackendArray x = Backend.FromSingles([1, 5, 3, 5, -1, 2, 2, 2, 2, 2], 2, 5);

        BackendArray best = Backend.TopK(x, 3);

        Assert.Equal([1, 3, 2, 0, 1, 2], Backend.ToIntegers(best));
        Assert.Equal([5, 5, 3, 2, 2, 2], Backend.ToSingles(Backend.TakeAlong(x, best)));
    }

    [Fact]
    public void Takes_slices_of_the_first_axis()
    {
        Plain x = Plain.Random(10, 4, 2, 3);

        Same(
            Plain.Of([2, 2, 2, 3], index => x.At([new[] { 3, 0, 0, 2 }[(index[0] * 2) + index[1]], index[2], index[3]])),
            Backend.Take(Put(x), Backend.FromIntegers([3, 0, 0, 2], 2, 2)), 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Norms_of_the_last_axis(bool weighted)
    {
        Plain x = Plain.Random(11, -2.0, 3.0, 2, 3, 33), weight = Plain.Random(12, 33), bias = Plain.Random(13, 33);
        double W(int i) => weighted ? weight.Values[i] : 1;
        double B(int i) => weighted ? bias.Values[i] : 0;
        Plain rms = x.Rows(row => [.. row.Select((value, i) => value / Math.Sqrt(row.Average(v => v * v) + 1e-5) * W(i))]);
        Plain layer = x.Rows(
            row => [.. row.Select((value, i) => ((value - row.Average()) / Math.Sqrt(row.Average(v => Math.Pow(v - row.Average(), 2)) + 1e-5) * W(i)) + B(i))]);

        Same(rms, Backend.RmsNorm(Put(x), weighted ? Put(weight) : null, 1e-5f));
        Same(layer, Backend.LayerNorm(Put(x), weighted ? Put(weight) : null, weighted ? Put(bias) : null, 1e-5f));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rotates_pairs_and_leaves_the_rest(bool interleaved)
    {
        const int Pairs = 3, Offset = 5;
        Plain x = Plain.Random(14, 2, 2, 4, 8);
        float[] frequencies = [1, 0.1f, -0.01f];
        Plain expected = Plain.Of(x.Shape, index =>
        {
            int d = index[3];
            if (d >= 2 * Pairs)
            {
                return x.At(index);
            }

            int pair = interleaved ? d / 2 : d % Pairs;
            bool second = interleaved ? d % 2 == 1 : d >= Pairs;
            double angle = (Offset + index[2]) * (double)frequencies[pair];
            double first = x.At(index[0], index[1], index[2], interleaved ? 2 * pair : pair), other = x.At(
                index[0], index[1], index[2], interleaved ? (2 * pair) + 1 : pair + Pairs);
            return second ? (first * Math.Sin(angle)) + (other * Math.Cos(angle)) : (first * Math.Cos(angle)) - (other * Math.Sin(angle));
        });

        Same(expected, Backend.Rope(Put(x), new RotaryFrequencies([.. frequencies]), Offset, interleaved));
    }

    [Fact]
    public void Rotates_by_the_powers_of_a_base()
    {
        Plain x = Plain.Random(15, 1, 2, 3, 8);
        Plain expected = Plain.Of(x.Shape, index =>
        {
            int pair = index[3] % 3;
            if (index[3] >= 6)
            {
                return x.At(index);
            }

            double angle = (40 + index[2]) * 0.5 * Math.Pow(10000, -pair / 3.0);
            double first = x.At(index[0], index[1], index[2], pair), other = x.At(index[0], index[1], index[2], pair + 3);
            return index[3] < 3 ? (first * Math.Cos(angle)) - (other * Math.Sin(angle)) : (first * Math.Sin(angle)) + (other * Math.Cos(angle));
        });

        Same(expected, Backend.Rope(Put(x), new RotaryFrequencies(6, 10000, 0.5f), 40, interleaved: false));
    }

    [Theory]
    [InlineData(new[] { 3, 5 }, new[] { 5, 4 })]
    [InlineData(new[] { 2, 3, 5 }, new[] { 5, 4 })]
    [InlineData(new[] { 2, 1, 3, 5 }, new[] { 4, 5, 2 })]
    [InlineData(new[] { 2, 3, 1 }, new[] { 2, 1, 7 })]
    public void Products_of_matrices_broadcast(int[] left, int[] right)
    {
        Plain a = Plain.Random(15, left), b = Plain.Random(16, right);
        int rank = Math.Max(left.Length, right.Length);
        int Extent(int[] shape, int axis) => axis < rank - shape.Length ? 1 : shape[axis - rank + shape.Length];
        int[] shape = [.. Enumerable.Range(0, rank - 2).Select(axis => Math.Max(Extent(left, axis), Extent(right, axis))), left[^2], right[^1]];
        Plain expected = Plain.Of(shape, index => Enumerable.Range(0, left[^1]).Sum(k => a.At([.. index[..^1], k]) * b.At([.. index[..^2], k, index[^1]])));

        Same(expected, Backend.MatMul(Put(a), Put(b)));
    }

    [Theory]
    [MemberData(nameof(Floats))]
    public void Linear_maps_of_stored_floats(DType dtype)
    {
        Plain x = Plain.Random(17, 2, 3, 40), bias = Plain.Random(19, 70);
        LazyTensor stored = Stored(Plain.Random(18, 70, 40)).Cast(dtype);
        Plain w = Values(stored);
        BackendWeight weight = Backend.Open(new WeightSource("w", stored));

        Same(
            Plain.Of([2, 3, 70], index => Dot(40, k => x.At(index[0], index[1], k) * w.At(index[2], k)) + bias.Values[index[2]]),
            Backend.Linear(Put(x), weight, Put(bias)));
        Same(Plain.Of([2, 3, 70], index => Dot(40, k => x.At(index[0], index[1], k) * w.At(index[2], k))), Backend.Linear(Put(x), weight, null));
        Same(
            Plain.Of([1, 70], index => Dot(40, k => x.At(0, 0, k) * w.At(index[1], k))), Backend.Linear(Put(new Plain(x.Values[..40], [1, 40])), weight, null));
        Same(Plain.Of([2, 1, 40], index => w.At(new[] { 69, 3 }[index[0]], index[2])), Backend.Embed(weight, Backend.FromIntegers([69, 3], 2, 1)), 0);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Linear_maps_of_quantized_weights(string form)
    {
        (WeightSource source, Plain w) = Quantized(form, 20, 24, 256);
        Plain x = Plain.Random(21, 3, 256);
        BackendWeight weight = Backend.Open(source);

        Same(Plain.Of([3, 24], index => Dot(256, k => x.At(index[0], k) * w.At(index[1], k))), Backend.Linear(Put(x), weight, null), 1e-4);
        Same(Plain.Of([2, 256], index => w.At(new[] { 23, 0 }[index[0]], index[1])), Backend.Embed(weight, Backend.FromIntegers([23, 0], 2)), 1e-6);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Experts_are_chosen_for_each_token(int inputs)
    {
        const int Tokens = 5, Experts = 3, Out = 6, In = 10;
        Plain x = Plain.Random(22, Tokens, inputs, In), w = Plain.Random(23, Experts, Out, In), bias = Plain.Random(24, Experts, Out);
        int[] chosen = [0, 2, 1, 1, 2, 0, 2, 2, 0, 1];
        BackendWeight weight = Backend.Open(new WeightSource("w", Stored(w)));
        Plain Expected(bool biased) => Plain.Of([Tokens, 2, Out], index =>
        {
            int expert = chosen[(index[0] * 2) + index[1]];
            return Dot(In, k => x.At(index[0], index[1], k) * w.At(expert, index[2], k)) + (biased ? bias.At(expert, index[2]) : 0);
        });

        Same(Expected(true), Backend.SwitchLinear(Put(x), weight, Put(bias), Backend.FromIntegers(chosen, Tokens, 2)));
        Same(Expected(false), Backend.SwitchLinear(Put(x), weight, null, Backend.FromIntegers(chosen, Tokens, 2)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_stack_multiplies_head_by_head(int heads)
    {
        Plain x = Plain.Random(25, 2, heads, 4, 6), w = Plain.Random(26, 3, 5, 6);

        Same(
            Plain.Of([2, 3, 4, 5], index => Dot(6, k => x.At(index[0], index[1], index[2], k) * w.At(index[1], index[3], k))),
            Backend.StackLinear(Put(x), Backend.Open(new WeightSource("w", Stored(w)))));
    }

    [Fact]
    public void Norms_of_a_weights_rows_with_and_without_factors()
    {
        Plain w = Plain.Random(27, 7, 9), left = Plain.Random(28, 7, 2), right = Plain.Random(29, 2, 9);
        BackendWeight weight = Backend.Open(new WeightSource("w", Stored(w)));
        Plain Norms(double scale) =>
            Plain.Of([7], index => Math.Sqrt(Dot(9, k => Math.Pow(w.At(index[0], k) + (scale * Dot(2, r => left.At(index[0], r) * right.At(r, k))), 2))));

        Same(Norms(0), Backend.RowNorms(weight, null, null, 0));
        Same(Norms(2.5), Backend.RowNorms(weight, Put(left), Put(right), 2.5f));
    }

    [Theory]
    [InlineData(false, false, 0)]
    [InlineData(true, false, 0)]
    [InlineData(true, true, 0)]
    [InlineData(true, false, 4)]
    [InlineData(false, true, 0)]
    public void Attention_of_groups_with_mask_sinks_and_softcap(bool masked, bool sunk, double softcap)
    {
        const int Batch = 2, Heads = 4, Groups = 2, Length = 3, Keys = 5, Width = 8, ValueWidth = 6;
        Plain q = Plain.Random(30, Batch, Heads, Length, Width), k = Plain.Random(31, Batch, Groups, Keys, Width), v = Plain.Random(
            32, Batch, Groups, Keys, ValueWidth);
        Plain mask = Plain.Of([Length, Keys], index => index[1] <= index[0] + Keys - Length ? 0 : double.NegativeInfinity), sinks = Plain.Random(33, Heads);
        Plain expected = Plain.Of([Batch, Heads, Length, ValueWidth], index =>
        {
            int b = index[0], h = index[1], group = h / (Heads / Groups);
            double[] scores = [.. Enumerable.Range(0, Keys).Select(s =>
            {
                double score = 3 * Dot(Width, d => q.At(b, h, index[2], d) * k.At(b, group, s, d));
                score = softcap == 0 ? score : softcap * Math.Tanh(score / softcap);
                return score + (masked ? mask.At(index[2], s) : 0);
            }), .. sunk ? new[] { sinks.Values[h] } : []];
            double[] shares = Softmax(scores);
            return Dot(Keys, s => shares[s] * v.At(b, group, s, index[3]));
        });

        Same(expected, Backend.Attention(Put(q), Put(k), Put(v), 3, masked ? Put(mask) : null, sunk ? Put(sinks) : null, (float)softcap));
    }

    [Fact]
    public void A_mask_may_be_of_each_head()
    {
        Plain q = Plain.Random(34, 1, 2, 3, 4), k = Plain.Random(35, 1, 1, 3, 4), v = Plain.Random(36, 1, 1, 3, 4), mask = Plain.Random(
            37, -3.0, 3.0, 1, 2, 3, 3);
        Plain expected = Plain.Of([1, 2, 3, 4], index =>
        {
            double[] shares = Softmax(
                [.. Enumerable.Range(0, 3).Select(s => Dot(4, d => q.At(0, index[1], index[2], d) * k.At(0, 0, s, d)) + mask.At(0, index[1], index[2], s))]);
            return Dot(3, s => shares[s] * v.At(0, 0, s, index[3]));
        });

        Same(expected, Backend.Attention(Put(q), Put(k), Put(v), 1, Put(mask), null, 0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_convolution_looks_back(bool biased)
    {
        Plain x = Plain.Random(38, 2, 7, 3), w = Plain.Random(39, 3, 4, 1), bias = Plain.Random(40, 3);

        Same(
            Plain.Of([2, 4, 3], index => Dot(4, j => w.At(index[2], j, 0) * x.At(index[0], index[1] + j, index[2])) + (biased ? bias.Values[index[2]] : 0)),
            Backend.CausalConvolution(Put(x), Put(w), biased ? Put(bias) : null));
    }

    [Fact]
    public void Refuses_shapes_that_do_not_fit()
    {
        BackendArray a = Put(Plain.Random(41, 2, 3)), b = Put(Plain.Random(42, 4));

        Assert.ThrowsAny<ArgumentException>(() => Backend.Add(a, b));
        Assert.ThrowsAny<ArgumentException>(() => Backend.Reshape(a, 5));
        Assert.ThrowsAny<ArgumentException>(() => Backend.MatMul(a, a));
        Assert.ThrowsAny<ArgumentException>(() => Backend.Linear(a, Backend.Open(new WeightSource("w", Stored(Plain.Random(43, 5, 4)))), null));
        Assert.ThrowsAny<ArgumentException>(() => Backend.FromSingles([1, 2, 3], 2, 2));
    }

    private static double Dot(int count, Func<int, double> term) => Enumerable.Range(0, count).Sum(term);

    private static double[] Softmax(double[] scores)
    {
        double largest = scores.Max();
        double[] powers = [.. scores.Select(score => Math.Exp(score - largest))];
        return [.. powers.Select(power => power / powers.Sum())];
    }

    // The series of erf, which converges everywhere: 2/sqrt(pi) times the sum of (-1)^n x^(2n+1) / (n! (2n+1)).
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 5)
        {
            return Math.Sign(x);
        }

        double power = x, sum = x;
        for (int n = 1; n < 150; n++)
        {
            power *= -x * x / n;
            sum += power / ((2 * n) + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    private static MemoryTensor Stored(Plain x) =>
        new(DType.F32, new TensorShape([.. x.Shape.Select(extent => (long)extent)]), MemoryMarshal.AsBytes(x.Singles().AsSpan()).ToArray());

    private static Plain Values(LazyTensor tensor) =>
        new([.. tensor.ToSingles().Select(value => (double)value)], [.. tensor.Shape.Dimensions.Select(extent => (int)extent)]);

    private BackendArray Put(Plain x) => Backend.FromSingles(x.Singles(), x.Shape);

    private void Same(Plain expected, BackendArray actual, double tolerance = Rounding, bool relative = false)
    {
        Assert.Equal(expected.Shape, actual.Shape.ToArray());
        float[] values = Backend.ToSingles(actual);
        for (int i = 0; i < values.Length; i++)
        {
            double wanted = expected.Values[i];
            Assert.True(
                wanted.Equals(values[i]) || Math.Abs(wanted - values[i]) <= tolerance * (relative ? Math.Max(1, Math.Abs(wanted)) : 1),
                $"element {i} is {values[i]:G9}; {wanted:G9} is right");
        }
    }

    // Codes drawn at random and expanded by the rules of mlx-models.md 1.9, bit by bit.
    private static (WeightSource Source, Plain Values) Quantized(string form, int seed, int rows, int columns)
    {
        string[] parts = form.Split(' ');
        int bits = int.Parse(parts[1]), group = int.Parse(parts[2]), groups = columns / group, bytes = columns * bits / 8;
        var random = new Random(seed);
        byte[] packed = new byte[rows * bytes];
        random.NextBytes(packed);
        bool affine = parts[0] == "affine";
        byte[] codes = new byte[rows * groups];
        float[] scales = new float[rows * groups], biases = new float[rows * groups];
        for (int i = 0; i < codes.Length; i++)
        {
            codes[i] = (byte)(parts[0] == "nvfp4" ? random.Next(0x20, 0x40) : random.Next(122, 126));
            scales[i] = (float)random.NextDouble() * 0.01f;
            biases[i] = (float)random.NextDouble() - 0.5f;
        }

        if (parts[0] == "mxfp8")
        {
            // All bits set is no number.
            for (int i = 0; i < packed.Length; i++)
            {
                packed[i] = (byte)((packed[i] & 0x7F) == 0x7F ? 0 : packed[i]);
            }
        }

        Plain values = Plain.Of([rows, columns], index =>
        {
            int code = 0, at = index[0] * groups;
            for (int bit = 0; bit < bits; bit++)
            {
                int place = (index[1] * bits) + bit;
                code |= ((packed[(index[0] * bytes) + (place / 8)] >> (place % 8)) & 1) << bit;
            }

            at += index[1] / group;
            return parts[0] switch
            {
                "affine" => (scales[at] * (double)code) + biases[at],
                "mxfp4" => E2M1(code) * Math.Pow(2, codes[at] - 127),
                "mxfp8" => E4M3(code) * Math.Pow(2, codes[at] - 127),
                _ => E2M1(code) * E4M3(codes[at]),
            };
        });
        LazyTensor words = new MemoryTensor(DType.U32, new TensorShape(rows, bytes / 4), packed);
        QuantizationForm wanted = QuantizationForm.TryCreate(parts[0], group, bits)!;
        TensorShape shape = new(rows, groups);
        LazyTensor Singles(float[] x) => new MemoryTensor(DType.F32, shape, MemoryMarshal.AsBytes(x.AsSpan()).ToArray());
        return (
            affine
                ? new WeightSource("w", words, Singles(scales), Singles(biases), wanted)
                : new WeightSource("w", words, new MemoryTensor(DType.U8, shape, codes), null, wanted),
            values);
    }

    private static double E2M1(int code) => new[] { 0, 0.5, 1, 1.5, 2, 3, 4, 6 }[code & 7] * ((code & 8) == 0 ? 1 : -1);

    private static double E4M3(int code)
    {
        int exponent = (code >> 3) & 15, fraction = code & 7;
        double value = exponent == 0 ? fraction / 8.0 * Math.Pow(2, -6) : (1 + (fraction / 8.0)) * Math.Pow(2, exponent - 7);
        return (code & 0x80) == 0 ? value : -value;
    }
}
