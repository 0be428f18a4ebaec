using Transfuse.Formats.Tensors;

namespace Transfuse.Apply.Backends;

/// <summary>
/// What a decoder needs of whoever does the arithmetic. Arrays are opaque, immutable and float32 unless an operation says int32; weights stay
/// in the form in which the model stores them. Elementwise operations broadcast as NumPy does: shapes are aligned at their last axis, and
/// an extent of 1 stretches. Axes count from 0, or from the end when negative.
/// An implementation may compute late; <see cref="Evaluate"/> and the operations that read back compute at once.
/// Not safe for concurrent use. Operations throw <see cref="ArgumentException"/> where shapes do not fit.
/// </summary>
/// <example>
/// <code>
/// using var managed = new ManagedBackend();
/// BackendArray sum = managed.Add(managed.FromSingles([1, 2], [2]), managed.FromSingles([3, 4], [2]));
/// float[] values = managed.ToSingles(sum);                 // 4, 6
/// </code>
/// </example>
public interface ITensorBackend : IDisposable
{
    /// <summary>What does the arithmetic, such as <c>managed</c>.</summary>
    string Name { get; }

    /// <summary>
    /// Does work that makes many arrays, where the backend wants it done. Arrays made in it, but for those that are held (<see cref="BackendArray.Hold"/>),
    /// are let go at its end, so that what it gives back must be no array or a held one.
    /// </summary>
    T Run<T>(Func<T> work) => work();

    /// <summary>Copies numbers into an array of float32.</summary>
    BackendArray FromSingles(ReadOnlySpan<float> values, params ReadOnlySpan<int> shape);

    /// <summary>Copies integers into an array of int32.</summary>
    BackendArray FromIntegers(ReadOnlySpan<int> values, params ReadOnlySpan<int> shape);

    /// <summary>Reads a small parameter of any float dtype as float32, in its own shape.</summary>
    BackendArray Read(LazyTensor tensor);

    /// <summary>Makes a weight usable. What it costs now and what it keeps is the backend's affair.</summary>
    BackendWeight Open(WeightSource source);

    /// <summary>Copies float32 elements out.</summary>
    float[] ToSingles(BackendArray array);

    /// <summary>Copies int32 elements out.</summary>
    int[] ToIntegers(BackendArray array);

    /// <summary>Computes now what was put off, and lets go of everything that only led there.</summary>
    void Evaluate(params ReadOnlySpan<BackendArray> arrays);

    /// <summary>
    /// Begins to compute what was put off, where that can go on while further operations are noted. A backend that lets go of weights waits for the end, as
    /// <see cref="Evaluate"/> does.
    /// </summary>
    void Begin(params ReadOnlySpan<BackendArray> arrays);

    /// <summary>a + b, broadcast.</summary>
    BackendArray Add(BackendArray a, BackendArray b);

    /// <summary>a - b, broadcast.</summary>
    BackendArray Subtract(BackendArray a, BackendArray b);

    /// <summary>a * b, broadcast.</summary>
    BackendArray Multiply(BackendArray a, BackendArray b);

    /// <summary>a / b, broadcast.</summary>
    BackendArray Divide(BackendArray a, BackendArray b);

    /// <summary>The smaller of a and b, broadcast.</summary>
    BackendArray Minimum(BackendArray a, BackendArray b);

    /// <summary>The larger of a and b, broadcast.</summary>
    BackendArray Maximum(BackendArray a, BackendArray b);

    /// <summary>The same numbers in float32, where a computation in fewer bits has them: what they meet stays in float32 only if it is widened too.</summary>
    BackendArray Widen(BackendArray a);

    /// <summary>Whether a computation in fewer bits has it in float16, whose largest number is 65504.</summary>
    bool IsFloat16(BackendArray a);

    /// <summary>a in the dtype of another: what ends a computation that was widened.</summary>
    BackendArray CastLike(BackendArray a, BackendArray other);

    /// <summary>Elements of a where the condition is above 0, and of b elsewhere, broadcast.</summary>
    BackendArray Where(BackendArray condition, BackendArray a, BackendArray b);

    /// <summary>factor * a + offset.</summary>
    BackendArray Affine(BackendArray a, float factor, float offset);

    /// <summary>Each element brought between two limits.</summary>
    BackendArray Clip(BackendArray a, float lowest, float highest);

    /// <summary>A function of each element.</summary>
    BackendArray Apply(UnaryOperation operation, BackendArray a);

    /// <summary>The same elements in another shape; one extent may be -1.</summary>
    BackendArray Reshape(BackendArray a, params ReadOnlySpan<int> shape);

    /// <summary>Axes in another order; float32 or int32.</summary>
    BackendArray Permute(BackendArray a, params ReadOnlySpan<int> axes);

    /// <summary>
    /// Part of an axis: <paramref name="count"/> elements from <paramref name="start"/>, every <paramref name="stride"/>-th; float32 or int32.
    /// </summary>
    BackendArray Slice(BackendArray a, int axis, int start, int count, int stride = 1);

    /// <summary>Arrays put together along an axis.</summary>
    BackendArray Concat(int axis, params ReadOnlySpan<BackendArray> arrays);

    /// <summary>Each element of an axis repeated in place, <paramref name="count"/> times.</summary>
    BackendArray Repeat(BackendArray a, int axis, int count);

    /// <summary>Sum over an axis, which stays with extent 1.</summary>
    BackendArray Sum(BackendArray a, int axis);

    /// <summary>Largest over an axis, which stays with extent 1.</summary>
    BackendArray Max(BackendArray a, int axis);

    /// <summary>Softmax over the last axis.</summary>
    BackendArray Softmax(BackendArray a);

    /// <summary>int32 indices of the k largest along the last axis, largest first; of equal ones the first.</summary>
    BackendArray TopK(BackendArray a, int k);

    /// <summary>Elements of the last axis by int32 indices (..., k), whose other extents are those of <paramref name="a"/>.</summary>
    BackendArray TakeAlong(BackendArray a, BackendArray indices);

    /// <summary>Slices of the first axis by int32 indices of any shape: (indices..., rest of a).</summary>
    BackendArray Take(BackendArray a, BackendArray indices);

    /// <summary>x / sqrt(mean(x^2) + eps) over the last axis, times a weight (d) where there is one.</summary>
    BackendArray RmsNorm(BackendArray x, BackendArray? weight, float epsilon);

    /// <summary>(x - mean) / sqrt(variance + eps) over the last axis with the biased variance, times a weight and plus a bias (d) where there are.</summary>
    BackendArray LayerNorm(BackendArray x, BackendArray? weight, BackendArray? bias, float epsilon);

    /// <summary>
    /// Rotates the first 2n elements of the last axis of (..., L, d), position offset + t for the t-th of L:
    /// pairs (j, j + n), or (2j, 2j + 1) where <paramref name="interleaved"/>, by position * frequencies[j].
    /// </summary>
    /// <param name="x">(..., L, d).</param>
    /// <param name="frequencies">n angles per position.</param>
    /// <param name="offset">Position of the first.</param>
    /// <param name="interleaved">Which elements make a pair.</param>
    BackendArray Rope(BackendArray x, RotaryFrequencies frequencies, int offset, bool interleaved);

    /// <summary>a (..., m, k) times b (..., k, n), leading axes broadcast.</summary>
    BackendArray MatMul(BackendArray a, BackendArray b);

    /// <summary>x (..., in) times the transpose of a weight (out, in), plus a bias (out): (..., out).</summary>
    BackendArray Linear(BackendArray x, BackendWeight weight, BackendArray? bias);

    /// <summary>
    /// x (t, k or 1, in) times the transpose of the matrix that each int32 index (t, k) names of a stack (E, out, in), plus its bias of (E, out): (t, k, out).
    /// </summary>
    BackendArray SwitchLinear(BackendArray x, BackendWeight weight, BackendArray? bias, BackendArray indices);

    /// <summary>x (b, E or 1, l, in) times the transpose of the e-th matrix of a stack (E, out, in): (b, E, l, out).</summary>
    BackendArray StackLinear(BackendArray x, BackendWeight weight);

    /// <summary>Rows of a weight (V, d) by int32 indices: (indices..., d).</summary>
    BackendArray Embed(BackendWeight weight, BackendArray ids);

    /// <summary>
    /// Euclidean norm of each row of a weight (out, in) plus scale * left (out, r) times right (r, in): (out). Without factors, of the weight alone.
    /// </summary>
    BackendArray RowNorms(BackendWeight weight, BackendArray? left, BackendArray? right, float scale);

    /// <summary>
    /// Attention: softmax(scale * q k^T + mask) v, in float32. Query head h uses key head h / (nh / nkv).
    /// </summary>
    /// <param name="queries">(b, nh, L, d).</param>
    /// <param name="keys">(b, nkv, S, d).</param>
    /// <param name="values">(b, nkv, S, dv).</param>
    /// <param name="scale">Factor of the scores.</param>
    /// <param name="mask">Added to the scores: (L, S), or (b or 1, nh or 1, L, S); null for none.</param>
    /// <param name="sinks">One more score for each head (nh) that takes its share of the softmax and is dropped; null for none.</param>
    /// <param name="softcap">c in c * tanh(score / c), before the mask; 0 for none.</param>
    /// <returns>(b, nh, L, dv).</returns>
    BackendArray Attention(BackendArray queries, BackendArray keys, BackendArray values, float scale, BackendArray? mask, BackendArray? sinks, float softcap);

    /// <summary>
    /// Depthwise causal convolution over time: y[t, c] = sum over j of weight[c, j] * x[t + j, c] (+ bias[c]), for x (b, K - 1 + L, C) that begins with
    /// the K - 1 steps before: (b, L, C).
    /// </summary>
    BackendArray CausalConvolution(BackendArray x, BackendArray weight, BackendArray? bias);
}
