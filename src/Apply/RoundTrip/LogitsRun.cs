namespace Transfuse.Apply.RoundTrip;

/// <summary>Logits of one batch: float32 (batch, tokens, vocabulary) each.</summary>
/// <param name="Ids">(batch, tokens).</param>
/// <param name="Batch">Number of sequences.</param>
/// <param name="Base">Without an adapter.</param>
/// <param name="First">With the first adapter.</param>
/// <param name="Second">With the second, or <see langword="null"/>.</param>
/// <seealso cref="Transfuse.Apply.RoundTrip.LogitsVerifier" />
public sealed record LogitsRun(int[] Ids, int Batch, float[] Base, float[] First, float[]? Second);
