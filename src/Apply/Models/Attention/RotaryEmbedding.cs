using Transfuse.Apply.Backends;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Attention;

/// <summary>Rotation of queries and keys by their positions (mlx-models.md 4).</summary>
/// <param name="backend">What computes.</param>
/// <param name="frequencies">The angles per position, given the number of keys so far.</param>
/// <param name="interleaved">Whether pairs lie side by side.</param>
/// <param name="magnitude">What the rotated part is multiplied with before.</param>
internal sealed class RotaryEmbedding(ITensorBackend backend, Func<int, RotaryFrequencies> frequencies, bool interleaved, float magnitude)
{
    /// <summary>Rotates (b, heads, L, d).</summary>
    public BackendArray Forward(BackendArray x, Step step) => Forward(x, step.Offset);

    /// <summary>Rotates (b, heads, L, d), the first of which is at a position.</summary>
    public BackendArray Forward(BackendArray x, int offset)
    {
        RotaryFrequencies angles = frequencies(offset + x[^2]);
        if (magnitude != 1)
        {
            int rotated = 2 * angles.Values.Length;
            BackendArray scaled = backend.Affine(rotated == x[^1] ? x : backend.Slice(x, -1, 0, rotated), magnitude, 0);
            x = rotated == x[^1] ? scaled : backend.Concat(-1, scaled, backend.Slice(x, -1, rotated, x[^1] - rotated));
        }

        return backend.Rope(x, angles, offset, interleaved);
    }
}
