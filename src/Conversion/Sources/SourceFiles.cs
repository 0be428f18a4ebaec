using System.Text.RegularExpressions;
using Transfuse.Formats.Files;
using Transfuse.Formats.Json;
using Transfuse.Formats.Npz;
using Transfuse.Formats.Safetensors;
using Transfuse.Formats.Tensors;
using Transfuse.Formats.TorchCheckpoint;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Sources;

/// <summary>Finds an adapter in a source and opens its files. Bad content becomes a finding; a failing operating system stays an exception.</summary>
internal static partial class SourceFiles
{
    // PEFT stores the adapter of this name in the folder itself, and every other in a folder of its own.
    private const string DefaultName = "default";

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

    /// <summary>Reads a JSON object; <see langword="null"/> with an error.</summary>
    /// <param name="source">The files.</param>
    /// <param name="fileName">The one to read.</param>
    /// <param name="takes">
    /// Told what is odd about a document that Python reads all the same, so that it is read; without it such a document is an error.
    /// </param>
    public static Judged<JsonObject?> ReadJson(IAdapterSource source, string fileName, Action<string>? takes = null)
    {
        try
        {
            using IByteSource file = source.Open(fileName);
            return new(Parse(file, takes), []);
        }
        catch (ContainerException broken)
        {
            return new(null, [DamagedFile.Describe(broken)]);
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

    /// <summary>The source itself or one of its nested ones, or <see langword="null"/> with an error.</summary>
    /// <param name="source">The files.</param>
    /// <param name="adapterName">Which of several; <see langword="null"/> for the only one.</param>
    /// <param name="isOwn">Whether a file of this name is an adapter's, beside those that are known. Default: none is.</param>
    public static Judged<IAdapterSource?> Choose(IAdapterSource source, string? adapterName, Func<string, bool>? isOwn = null) => Judgement.Of(log =>
    {
        IAdapterSource? chosen = ChooseFolder(source, adapterName, log, isOwn ?? (_ => false));
        if ((chosen ?? source).IsUnfinished)
        {
            log.Add(ContainerCodes.Unfinished.At(
                (chosen ?? source).Name, "files of this folder are being replaced, or a run was interrupted while it replaced them"));
        }

        return chosen;
    });

    private static IAdapterSource? ChooseFolder(IAdapterSource source, string? adapterName, FindingLog log, Func<string, bool> isOwn)
    {
        bool isAdapter = source.FileNames.Any(name => AdapterFiles.Marks(name) || isOwn(name));
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
                log.Add(ContainerCodes.OthersIgnored.At(
                    source.Name, $"the adapter in the folder itself was read; {List(others)} can be chosen with --adapter NAME"));
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
                log.Add(ContainerCodes.SeveralAdapters.At(source.Name, $"holds {List(source.NestedAdapters)}"));
                return null;
        }
    }

    /// <summary>Opens a weights file by what its name ends with; <see langword="null"/> with an error.</summary>
    /// <param name="source">The files.</param>
    /// <param name="fileName">The one to open.</param>
    /// <param name="takes">Told of bytes after the tensors, which MLX passes over; without it they are an error.</param>
    /// <param name="opener">How to open it, where its name does not tell.</param>
    public static Judged<ITensorContainer?> OpenWeights(
        IAdapterSource source, string fileName, Action<string>? takes = null, Func<IByteSource, ITensorContainer>? opener = null)
    {
        if ((source as ITensorSource)?.FindTensors(fileName) is { } held)
        {
            return new(held, []);
        }

        Func<IByteSource, ITensorContainer> open = opener ?? Path.GetExtension(fileName) switch
        {
            ".npz" => NpzFile.Open,
            ".bin" or ".pt" or ".pth" => TorchCheckpointFile.Open,
            _ => SafetensorsFile.Open,
        };
        try
        {
            return new(open(source.Open(fileName)), []);
        }
        catch (SafetensorsException odd) when (takes is not null && odd.Cause == SafetensorsError.TrailingBytes)
        {
            takes(odd.Detail);
            return new(SafetensorsFile.Open(source.Open(fileName), allowTrailingBytes: true), []);
        }
        catch (ContainerException broken)
        {
            return new(null, [DamagedFile.Describe(broken)]);
        }
    }

    /// <summary>Whether a file holds weights by its name: what a trainer keeps of its own state beside an adapter does not.</summary>
    public static bool IsWeights(string fileName) =>
        AdapterFiles.HoldsTensors(fileName) && !TrainerState().IsMatch(fileName);

    [GeneratedRegex(
        @"\A(training_args|optimizer|scheduler|scaler|trainer_state|rng_state(_\d+)?|random_states(_\d+)?|dataloader(_\d+)?|sampler(_\d+)?|.*_optim_states"
        + @"|optimizer_\d+)\.[a-z]+\z")]
    private static partial Regex TrainerState();

    private static string List(IEnumerable<string> names) => string.Join(", ", names.DefaultIfEmpty("none"));
}
