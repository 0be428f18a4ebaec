using System.Collections.Immutable;
using Transfuse.Conversion.Models.Architectures;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Readers;

/// <summary>The readers that a folder is written for: one, or several that all are to take it.</summary>
/// <param name="Name">What they are called together.</param>
/// <param name="Readers">The readers.</param>
internal sealed record ReaderGroup(string Name, ImmutableArray<Reader> Readers)
{
    /// <summary>Whether one of them holds some models elsewhere than mlx-lm, so that paths can differ.</summary>
    public bool CanDiffer => Readers.Any(reader => reader.HoldsElsewhere);

    /// <summary>The layers' paths that the readers have for a model, each once.</summary>
    public IEnumerable<string> RootsOf(Architecture architecture) =>
        Readers.Select(reader => reader.RootOf(architecture)).OfType<string>().Distinct(StringComparer.Ordinal);

    /// <summary>The one path that all readers have in common, or <see langword="null"/> with an error in the log.</summary>
    public string? CommonRoot(Architecture architecture, FindingLog log)
    {
        (Reader Reader, string? Root)[] roots = [.. Readers.Select(reader => (reader, reader.RootOf(architecture)))];
        foreach ((Reader reader, _) in roots.Where(root => root.Root is null))
        {
            log.Add(TargetCodes.ModelUnsupported.At(architecture.ModelType, $"{reader.Program} does not have this model"));
        }

        string[] distinct = [.. roots.Select(root => root.Root ?? architecture.Layers.Mlx).Distinct(StringComparer.Ordinal)];
        if (distinct is [string only])
        {
            return only;
        }

        log.Add(TargetCodes.NoCommonForm.At(
            Name,
            $"the layers of {architecture} are at "
            + $"{string.Join(", ", roots.Select(root => $"{root.Root ?? architecture.Layers.Mlx} in {root.Reader.Program}"))}: write one folder for each"));
        return null;
    }

    /// <summary>The module below a layer to which a reader's keys are relative; <see langword="null"/> where they are relative to the layer.</summary>
    public string? KeysBelow(Architecture architecture) => Readers.Select(reader => reader.KeysBelow(architecture)).FirstOrDefault(below => below is not null);

    /// <summary>The MLX path of a transformers module that the only reader adapts and mlx-lm does not; else <see langword="null"/>.</summary>
    public string? OwnPathOf(string path, Architecture architecture) => Readers is [var only] ? only.OwnPathOf(path, architecture) : null;

    /// <summary>The modules that all readers adapt as mlx-lm does; each other is named in a finding.</summary>
    public ImmutableArray<AdapterModule> Offered(ImmutableArray<AdapterModule> modules, Architecture architecture, FindingLog log)
    {
        foreach (Reader reader in Readers)
        {
            reader.DescribeModel(architecture, log);
        }

        return [.. modules.Where(module => Readers.All(reader => reader.Offers(module, architecture, log)))];
    }
}
