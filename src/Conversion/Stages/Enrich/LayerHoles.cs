using Transfuse.Conversion.Models.Bases;
using Transfuse.Formats.Files;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Enrich;

/// <summary>Layers without tensors between layers that have them: lost, unless the config or the base tells why they have none.</summary>
internal static class LayerHoles
{
    private const int MostNamed = 8;

    /// <summary>Names the layers.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="means">Whether its config means a module of this path.</param>
    /// <param name="run">The run.</param>
    public static void Report(Adapter adapter, Func<string, bool> means, Run run)
    {
        foreach (IGrouping<string, ModulePath> list in adapter.Modules.Select(module => module.Path).Where(path => path.IsInLayer)
            .GroupBy(path => path.LayersRoot!, StringComparer.Ordinal))
        {
            Report(list.Key, [.. list], means, run);
        }
    }

    private static void Report(string root, ModulePath[] paths, Func<string, bool> means, Run run)
    {
        int[] layers = [.. paths.Select(path => path.Layer).Distinct().Order()];
        string[] below = [.. paths.Select(path => path.Relative).Distinct(StringComparer.Ordinal)];
        (int First, int Last)[] holes =
            [.. layers.Zip(layers.Skip(1)).Where(pair => pair.Second - pair.First > 1).Select(pair => (pair.First + 1, pair.Second - 1))];
        if (holes is [])
        {
            return;
        }

        BaseNames? names = BaseNames.Of(run, root, layers[0], below);
        holes = [.. holes.Where(hole => below.Any(relative => means($"{root}.{hole.First}.{relative}")) && names?.HasNone(hole.First) != true)];
        if (holes is [])
        {
            return;
        }

        // A model whose layers are not all of one kind has modules of a name in some of them only: without its weights that is as likely.
        long missing = holes.Sum(hole => hole.Last - hole.First + 1L);
        string list = string.Join(", ", holes.Take(MostNamed).Select(hole => hole.First == hole.Last ? $"{hole.First}" : $"{hole.First} to {hole.Last}"))
            + (holes.Length > MostNamed ? $" and {holes.Length - MostNamed} more ranges" : string.Empty);
        Finding finding = MlxConfigCodes.LayersMissing.At(root, $"has tensors in {layers.Length} layers from {layers[0]} to {layers[^1]}, but none in {list}");
        run.Log.Add(names is null && missing >= layers.Length ? finding with { Severity = Severity.Information } : finding);
    }

    // The names of a base's weights, by which layers have modules of an adapter's names.
    private sealed record BaseNames(string Root, string[] Below, HashSet<string> Names)
    {
        /// <summary>The names, or <see langword="null"/> where the base's weights are not there or are named otherwise.</summary>
        public static BaseNames? Of(Run run, string root, int adapted, string[] below)
        {
            try
            {
                using BaseWeights? weights = run.Base?.OpenWeights();
                var names = weights is null ? null : new BaseNames(root, below, [.. weights.Names]);
                return names?.HasNone(adapted) == false ? names : null;
            }
            catch (ContainerException)
            {
                return null;
            }
        }

        public bool HasNone(int layer) => !Below.Any(relative => Names.Contains($"{Root}.{layer}.{relative}.weight"));
    }
}
