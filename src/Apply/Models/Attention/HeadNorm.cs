using Transfuse.Apply.Backends;
using Transfuse.Apply.Models.Parts;

namespace Transfuse.Apply.Models.Attention;

/// <summary>The norm of queries or keys: over the whole row before it is split into heads, or over each head.</summary>
internal sealed class HeadNorm
{
    private readonly ITensorBackend _backend;
    private readonly Norm _norm;
    private readonly Func<BackendArray>? _headWeights;

    private HeadNorm(ITensorBackend backend, Norm norm, bool isWhole, Func<BackendArray>? headWeights) =>
        (_backend, _norm, IsWhole, _headWeights) = (backend, norm, isWhole, headWeights);

    /// <summary>Whether the norm is of the flat row.</summary>
    public bool IsWhole { get; }

    /// <summary>Makes the norm of a kind (mlx-models.md 3).</summary>
    public static HeadNorm Create(PartFactory parts, string kind, string? path, int heads, int width, float epsilon)
    {
        ITensorBackend backend = parts.Backend;
        switch (kind)
        {
            case "rms_whole":
                return new HeadNorm(backend, parts.Norm(path, heads * width, epsilon, "rms"), true, null);
            case "rms_head" or "rms_plus1_head":
                return new HeadNorm(backend, parts.Norm(path, width, epsilon, kind == "rms_head" ? "rms" : "rms_plus1"), false, null);
            case "rms_noweight_head":
                return new HeadNorm(backend, parts.Norm(null, width, epsilon, "rms_noweight"), false, null);
            case "layer_2d":
                Parameter two = parts.Parameter(path + ".weight", heads, width);
                return new HeadNorm(backend, parts.Norm(null, width, epsilon, "layer_noaffine"), false, () => backend.Reshape(two.Value, heads, 1, width));
            case "rms_head_2d":
                Parameter rows = parts.Parameter(path!, heads, width);
                return new HeadNorm(backend, parts.Norm(null, width, epsilon, "rms_noweight"), false, () => backend.Reshape(rows.Value, heads, 1, width));
            case "layer_per_head_list":
                Parameter[] each = [.. Enumerable.Range(0, heads).Select(head => parts.Parameter($"{path}.norms.{head}.weight", width))];
                return new HeadNorm(
                    backend,
                    parts.Norm(null, width, epsilon, "layer_noaffine"),
                    false,
                    () => backend.Reshape(backend.Concat(0, [.. each.Select(weight => weight.Value)]), heads, 1, width));
            default:
                throw new ModelException(ModelError.SettingNotRun, "attn.qk_norm", $"is '{kind}', which is not run");
        }
    }

    public BackendArray Forward(BackendArray x)
    {
        BackendArray normed = _norm.Forward(x);
        return _headWeights is null ? normed : _backend.Multiply(normed, _headWeights());
    }
}
