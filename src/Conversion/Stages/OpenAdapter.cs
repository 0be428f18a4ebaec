using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Transfuse.Conversion.Dialects;
using Transfuse.Conversion.Sources;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Npz;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.TorchCheckpoint;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Stages;

/// <summary>Finds an adapter's config and weights in a source and opens them. Bad content becomes a finding; a failing operating system stays an exception.</summary>
internal static partial class OpenAdapter
{
    // PEFT stores the adapter of this name in the folder itself, and every other in a folder of its own.
    private const string DefaultName = "default";

    /// <summary>The opened content, or <see langword="null"/> with an error in the log.</summary>
    public static AdapterContent? Open(IAdapterSource source, Run run)
    {
        FindingLog log = run.Log;
        if (Choose(source, run.Options.AdapterName, log) is not { } chosen || ChooseWeights(chosen, run.Dialects, log) is not { } weightsFile)
        {
            return null;
        }

        JsonObject? config = null;
        if (chosen.FileNames.Contains(AdapterFiles.Config) && (config = ReadJson(chosen, AdapterFiles.Config, log)) is null)
        {
            return null;
        }

        if (OpenWeights(chosen, weightsFile, log) is not { } weights)
        {
            return null;
        }

        if (weights is TorchCheckpointFile { Nested: { } nested })
        {
            log.Add(ContainerCodes.NestedTensors.At(Path.Combine(chosen.Name, weightsFile), $"the {weights.Tensors.Length} tensors were read from its entry {nested}"));
        }

        return new AdapterContent(chosen, chosen.Name, weightsFile, weights, config)
        {
            HasByteOrderMark = config is not null && HasByteOrderMark(chosen, AdapterFiles.Config),
        };
    }

    /// <summary>Whether a file begins with the UTF-8 byte order mark.</summary>
    public static bool HasByteOrderMark(IAdapterSource source, string fileName)
    {
        using IByteSource file = source.Open(fileName);
        Span<byte> start = stackalloc byte[3];
        if (file.Length < start.Length)
        {
            return false;
        }

        file.Read(0, start);
        return start.SequenceEqual("\uFEFF"u8);
    }

    /// <summary>Reads a JSON object, or adds an error.</summary>
    /// <param name="source">The files.</param>
    /// <param name="fileName">The one to read.</param>
    /// <param name="log">Takes the error.</param>
    /// <param name="takes">Told what is odd about a document that Python reads all the same, so that it is read; without it such a document is an error.</param>
    public static JsonObject? ReadJson(IAdapterSource source, string fileName, FindingLog log, Action<string>? takes = null)
    {
        try
        {
            using IByteSource file = source.Open(fileName);
            return Parse(file, takes);
        }
        catch (ContainerException broken)
        {
            log.Add(DamagedFile.Describe(broken));
            return null;
        }
    }

    private static JsonObject Parse(IByteSource file, Action<string>? takes)
    {
        try
        {
            return PythonJson.ReadObject(file, PythonJsonLimits.Config);
        }
        catch (PythonJsonException odd) when (takes is not null && odd.Cause is PythonJsonCause.DuplicateName or PythonJsonCause.TooDeep)
        {
            JsonObject taken = PythonJson.ReadObject(file, PythonJsonLimits.AsPython);
            takes!(odd.Detail);
            return taken;
        }
    }

    /// <summary>The source itself or one of its nested ones, or <see langword="null"/> with an error in the log.</summary>
    public static IAdapterSource? Choose(IAdapterSource source, string? adapterName, FindingLog log)
    {
        IAdapterSource? chosen = ChooseFolder(source, adapterName, log);
        if ((chosen ?? source).IsUnfinished)
        {
            log.Add(ContainerCodes.Unfinished.At((chosen ?? source).Name, "files of this folder are being replaced, or a run was interrupted while it replaced them"));
        }

        return chosen;
    }

    private static IAdapterSource? ChooseFolder(IAdapterSource source, string? adapterName, FindingLog log)
    {
        bool isAdapter = source.FileNames.Any(AdapterFiles.Marks);
        foreach (string folder in source.UnreadableFolders)
        {
            log.Add(ContainerCodes.FolderUnreadable.At(Path.Combine(source.Name, folder), "cannot be read, and was passed over"));
        }

        if (adapterName is not null)
        {
            if (source.NestedAdapters.Contains(adapterName))
            {
                return source.OpenNested(adapterName);
            }

            if (adapterName == DefaultName && isAdapter)
            {
                return source;
            }

            log.Add(ContainerCodes.AdapterNotFound.At(source.Name, $"has no adapter '{adapterName}'; it has {List(source.NestedAdapters)}"));
            return null;
        }

        if (isAdapter)
        {
            string[] others = [.. source.NestedAdapters.Where(name => !AdapterFiles.IsTrainerCheckpoint(name))];
            if (others is not [])
            {
                log.Add(ContainerCodes.OthersIgnored.At(source.Name, $"the adapter in the folder itself was read; {List(others)} can be chosen with --adapter NAME"));
            }

            return source;
        }

        switch (source.NestedAdapters)
        {
            case [] when source.FileNames.Any(IsWeights):
                return source;
            case [string only]:
                log.Add(ContainerCodes.NestedAdapterTaken.At(source.Name, $"the adapter in {only} was read"));
                return source.OpenNested(only);
            case []:
                log.Add(ContainerCodes.NoAdapter.At(source.Name, "holds neither adapter_config.json nor a weights file"));
                return null;
            default:
                log.Add(ContainerCodes.SeveralAdapters.At(source.Name, $"holds {List(source.NestedAdapters)}; choose one with --adapter NAME"));
                return null;
        }
    }

    private static string? ChooseWeights(IAdapterSource source, DialectRegistry dialects, FindingLog log)
    {
        ImmutableArray<string> known = dialects.WeightsFiles;
        string[] present = [.. known.Where(source.FileNames.Contains)];
        if (present is [])
        {
            string[] others = [.. source.FileNames.Where(AdapterFiles.IsNumberedCheckpoint)];
            string[] loose = others is [] ? [.. source.FileNames.Where(IsWeights)] : [];
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
                log.Add(ContainerCodes.Shard.At(Path.Combine(source.Name, shard), "is one part of several, by its name, and no loader of adapters reads parts"));
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
            log.Add(ContainerCodes.SecondWeightsIgnored.At(source.Name, $"{present[0]} was read, as the loaders do; {List(present[1..])} {(present.Length > 2 ? "were" : "was")} ignored"));
        }

        return present[0];
    }

    /// <summary>Opens a weights file by what its name ends with, or adds an error.</summary>
    /// <param name="source">The files.</param>
    /// <param name="fileName">The one to open.</param>
    /// <param name="log">Takes the error.</param>
    /// <param name="takes">Told of bytes after the tensors, which MLX passes over; without it they are an error.</param>
    public static ITensorContainer? OpenWeights(IAdapterSource source, string fileName, FindingLog log, Action<string>? takes = null)
    {
        if ((source as ITensorSource)?.FindTensors(fileName) is { } held)
        {
            return held;
        }

        Func<IByteSource, ITensorContainer> open = Path.GetExtension(fileName) switch
        {
            ".npz" => NpzFile.Open,
            ".bin" or ".pt" or ".pth" => TorchCheckpointFile.Open,
            _ => SafetensorsFile.Open,
        };
        try
        {
            return open(source.Open(fileName));
        }
        catch (SafetensorsException odd) when (takes is not null && odd.Cause == SafetensorsError.TrailingBytes)
        {
            takes(odd.Detail);
            return SafetensorsFile.Open(source.Open(fileName), allowTrailingBytes: true);
        }
        catch (ContainerException broken)
        {
            log.Add(DamagedFile.Describe(broken));
            return null;
        }
    }

    // A source that is one weights file, with at most its config: the caller named it.
    private static bool IsChosen(IAdapterSource source) => source.FileNames.All(name => name == AdapterFiles.Config || AdapterFiles.IsNumberedCheckpoint(name)) && source.NestedAdapters is [];

    /// <summary>Whether a file holds weights by its name: what a trainer keeps of its own state beside an adapter does not.</summary>
    public static bool IsWeights(string fileName) =>
        Path.GetExtension(fileName) is ".safetensors" or ".npz" or ".bin" or ".pt" or ".pth" && !TrainerState().IsMatch(fileName);

    [GeneratedRegex(@"\A(training_args|optimizer|scheduler|scaler|trainer_state|rng_state(_\d+)?|random_states(_\d+)?|dataloader(_\d+)?|sampler(_\d+)?|.*_optim_states|optimizer_\d+)\.[a-z]+\z")]
    private static partial Regex TrainerState();

    [GeneratedRegex(@"-\d{5}-of-\d{5}\.(safetensors|bin)\z")]
    private static partial Regex ShardName();

    private static string List(IEnumerable<string> names) => string.Join(", ", names.DefaultIfEmpty("none"));
}
