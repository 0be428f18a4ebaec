using Transfuse.Conversion.Models.Architectures;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Models.Bases;

/// <summary>Weights of the base that PEFT saved along with an adapter, compared with the base's own.</summary>
internal static class SavedBaseWeight
{
    private const string BaseLayer = ".base_layer";

    /// <summary>The base's tensor. Its file may name it otherwise than the live model: under another root, or not at all where the head is tied.</summary>
    /// <param name="weights">The base.</param>
    /// <param name="architecture">Its architecture, if known.</param>
    /// <param name="path">The path of the saved tensor, such as <c>model.embed_tokens.base_layer.weight</c> or <c>lm_head.base_layer.bias</c>.</param>
    public static LazyTensor? Find(BaseWeights weights, Architecture? architecture, string path)
    {
        string name = path.Replace(BaseLayer, string.Empty, StringComparison.Ordinal);
        int leaf = Math.Max(0, name.LastIndexOf('.'));
        string module = name[..leaf];
        GlobalModule? global = architecture?.Globals.FirstOrDefault(candidate => candidate.HuggingFace.Any(pattern => pattern.TryMatch(module, out _)));
        IEnumerable<GlobalModule> candidates = global is null ? [] : global.Role == ModuleRole.Head
            ? [global, .. architecture!.Globals.Where(other => other.Role == ModuleRole.InputEmbedding)]
            : [global];
        return candidates.SelectMany(candidate => NamesOf(candidate, name[leaf..])).Prepend(name).Select(weights.Find)
            .FirstOrDefault(tensor => tensor is not null);
    }

    /// <summary>
    /// Whether two tensors have one shape and the same values. PEFT saves in the dtype in which the model was loaded; a wider one holds the same values.
    /// </summary>
    public static bool HasValuesOf(LazyTensor saved, LazyTensor found, CancellationToken cancellationToken)
    {
        if (saved.Shape != found.Shape)
        {
            return false;
        }

        return saved.DType == found.DType ? TensorProbe.BytesEqual(saved, found, cancellationToken)
            : saved.DType.IsFactorFloat() && found.DType.IsFactorFloat()
                && TensorProbe.BytesEqual(saved.Cast(DType.F64), found.Cast(DType.F64), cancellationToken);
    }

    private static IEnumerable<string> NamesOf(GlobalModule global, string parameter) =>
        global.HuggingFace.Append(global.Mlx!).OfType<PathPattern>().Select(pattern => pattern.Path + parameter);
}
