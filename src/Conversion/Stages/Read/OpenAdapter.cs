using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Json;
using Transfuse.Formats.TorchCheckpoint;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages.Read;

/// <summary>
/// Finds an adapter's config and weights in a source, by the names of all dialects, and opens them. Bad content becomes a finding; a failing operating system
/// stays an exception.
/// </summary>
internal static partial class OpenAdapter
{
    /// <summary>The opened content, or <see langword="null"/> with an error in the log.</summary>
    public static AdapterContent? Open(IAdapterSource source, Run run)
    {
        FindingLog log = run.Log;
        if (SourceFiles.Choose(source, run.Options.AdapterName, run.Dialects.HasFile).Into(log) is not { } chosen
            || ChooseWeights(chosen, run.Dialects, log) is not { } weightsFile)
        {
            return null;
        }

        JsonObject? config = null;
        if (chosen.FileNames.Contains(AdapterFiles.Config) && (config = SourceFiles.ReadJson(chosen, AdapterFiles.Config).Into(log)) is null)
        {
            return null;
        }

        if (SourceFiles.OpenWeights(chosen, weightsFile, opener: run.Dialects.OpenerOf(weightsFile)).Into(log) is not { } weights)
        {
            return null;
        }

        if (weights is TorchCheckpointFile { Nested: { } nested })
        {
            log.Add(ContainerCodes.NestedTensors.At(
                Path.Combine(chosen.Name, weightsFile), $"the {weights.Tensors.Length} tensors were read from its entry {nested}"));
        }

        return new AdapterContent(chosen, chosen.Name, weightsFile, weights, config)
        {
            HasByteOrderMark = config is not null && SourceFiles.HasByteOrderMark(chosen, AdapterFiles.Config),
        };
    }

    private static string? ChooseWeights(IAdapterSource source, DialectRegistry dialects, FindingLog log)
    {
        ImmutableArray<string> known = dialects.WeightsFiles;
        string[] present = [.. known.Where(source.FileNames.Contains)];
        if (present is [])
        {
            string[] others = [.. source.FileNames.Where(AdapterFiles.IsNumberedCheckpoint)];
            string[] loose = others is [] ? [.. source.FileNames.Where(SourceFiles.IsWeights)] : [];
            if (others is not [])
            {
                string newest = others.OrderBy(name => name.Length).ThenBy(name => name, StringComparer.Ordinal).Last();
                log.Add(ContainerCodes.CheckpointTaken.At(source.Name, others.Length == 1 && IsChosen(source)
                    ? $"the checkpoint {newest} was read, which no loader opens by this name"
                    : $"has no {AdapterFiles.MlxWeights}; the newest checkpoint, {newest}, was read"));
                return newest;
            }

            if (loose.FirstOrDefault(name => ShardName().IsMatch(name)) is { } shard)
            {
                log.Add(ContainerCodes.Shard.At(
                    Path.Combine(source.Name, shard), "is one part of several, by its name, and no loader of adapters reads parts"));
                return null;
            }

            if (loose is [string single])
            {
                log.Add(ContainerCodes.OddWeightsName.At(Path.Combine(source.Name, single), $"was read; loaders look for {List(known)}"));
                return single;
            }

            log.Add(ContainerCodes.WeightsMissing.At(source.Name, $"has none of {List(known)}"));
            return null;
        }

        if (dialects.All.Count(dialect => present.Any(dialect.HasFile)) > 1)
        {
            log.Add(ContainerCodes.DialectUnclear.At(source.Name, $"holds {List(present)}"));
            return null;
        }

        if (present.Length > 1)
        {
            log.Add(ContainerCodes.SecondWeightsIgnored.At(
                source.Name, $"{present[0]} was read, as the loaders do; {List(present[1..])} {(present.Length > 2 ? "were" : "was")} ignored"));
        }

        return present[0];
    }

    // A source that is one weights file, with at most its config: the caller named it.
    private static bool IsChosen(IAdapterSource source) =>
        source.FileNames.All(name => name == AdapterFiles.Config || AdapterFiles.IsNumberedCheckpoint(name)) && source.NestedAdapters is [];

    [GeneratedRegex(@"-\d{5}-of-\d{5}\.(safetensors|bin)\z")]
    private static partial Regex ShardName();

    private static string List(IEnumerable<string> names) => string.Join(", ", names.DefaultIfEmpty("none"));
}
