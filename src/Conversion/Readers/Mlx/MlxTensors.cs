using System.Collections.Immutable;
using Transfuse.Formats.Tensors;

namespace Transfuse.Conversion.Readers.Mlx;

/// <summary>The tensors of an MLX file by module. A tensor called <c>m</c> of a module without factors is a parameter like any other.</summary>
internal sealed class MlxTensors
{
    private MlxTensors(ImmutableArray<MlxPair> pairs, ImmutableArray<NamedTensor> others)
    {
        Pairs = pairs;
        Others = others;
    }

    /// <summary>Modules with a factor, sorted by path.</summary>
    public ImmutableArray<MlxPair> Pairs { get; }

    /// <summary>All other tensors, sorted by name.</summary>
    public ImmutableArray<NamedTensor> Others { get; }

    /// <summary>Groups tensors by the last segments that the readers look for.</summary>
    /// <param name="tensors">The file's tensors.</param>
    /// <param name="first">The last segment of first factors; mlx-vlm called it <c>A</c> once.</param>
    /// <param name="second">The last segment of second factors.</param>
    public static MlxTensors Of(IEnumerable<NamedTensor> tensors, string first = "lora_a", string second = "lora_b")
    {
        var pairs = new SortedDictionary<string, MlxPair>(StringComparer.Ordinal);
        var magnitudes = new List<NamedTensor>();
        var others = ImmutableArray.CreateBuilder<NamedTensor>();
        foreach (NamedTensor tensor in tensors)
        {
            int dot = tensor.Name.LastIndexOf('.');
            string leaf = tensor.Name[(dot + 1)..];
            if (dot > 0 && leaf == first)
            {
                Pair(tensor.Name[..dot]).A = tensor.Tensor;
            }
            else if (dot > 0 && leaf == second)
            {
                Pair(tensor.Name[..dot]).B = tensor.Tensor;
            }
            else if (dot > 0 && leaf == "m")
            {
                magnitudes.Add(tensor);
            }
            else
            {
                others.Add(tensor);
            }
        }

        foreach (NamedTensor magnitude in magnitudes)
        {
            if (pairs.TryGetValue(magnitude.Name[..^2], out MlxPair? pair))
            {
                pair.M = magnitude.Tensor;
            }
            else
            {
                others.Add(magnitude);
            }
        }

        return new MlxTensors([.. pairs.Values], others.ToImmutable());

        MlxPair Pair(string path)
        {
            if (!pairs.TryGetValue(path, out MlxPair? pair))
            {
                pairs.Add(path, pair = new MlxPair(path));
            }

            return pair;
        }
    }
}
