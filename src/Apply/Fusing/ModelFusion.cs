using Transfuse.Apply.Fusing.Models;
using Transfuse.Apply.Fusing.Writing;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Stages;
using Transfuse.Conversion.Stages.Fit;
using Transfuse.Conversion.Stages.Read;
using Transfuse.Formats.Files;
using Transfuse.Metadata.Findings;

namespace Transfuse.Apply.Fusing;

/// <summary>
/// Merges adapters of any dialect into their base, in Hugging Face or MLX layout, and writes a new model folder: the base's files, shards and dtypes, with the
/// weights changed that the adapters change. Computed in float32 and rounded once; a quantized base is quantized again as MLX does it.
/// </summary>
/// <example>
/// <code>
/// FusionResult result = await ModelFusion.FuseAsync(baseModel, [source], "models/merged", cancellationToken: cancellationToken);
/// foreach (FusedWeight weight in result.Weights)
/// {
///     Console.WriteLine($"{weight.Name}: {weight.Change}");
/// }
/// </code>
/// </example>
public static class ModelFusion
{
    /// <summary>Merges, on a worker thread.</summary>
    /// <inheritdoc cref="Fuse" />
    public static Task<FusionResult> FuseAsync(
        BaseModel model, IReadOnlyList<IAdapterSource> adapters, string output, FusionOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => Fuse(model, adapters, output, options, cancellationToken), cancellationToken);

    /// <summary>Merges.</summary>
    /// <param name="model">The base.</param>
    /// <param name="adapters">The adapters, in order; at least one. The caller disposes them.</param>
    /// <param name="output">The folder that is to appear: complete, or not at all.</param>
    /// <param name="options">What the caller decides; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends the work; nothing is written then.</param>
    /// <exception cref="ArgumentException">There is no adapter.</exception>
    /// <exception cref="IOException">The operating system failed; nothing was written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing was written.</exception>
    public static FusionResult Fuse(
        BaseModel model, IReadOnlyList<IAdapterSource> adapters, string output, FusionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(adapters.Count, nameof(adapters));
        options ??= FusionOptions.Default;
        var log = new FindingLog(options.Reading.Allowed);
        var run = new Run(options.Reading with { Base = model }, log, cancellationToken);
        var read = new List<ReadResult>();
        try
        {
            string[] inputs = [model.Folder, .. adapters.Select(adapter => adapter.Name).Where(Path.Exists)];
            OutputPlace.Check(output, inputs, options.Folder.Overwrite, log);
            options = options with { Folder = options.Folder with { Inputs = [.. options.Folder.Inputs, .. inputs], IsReplaced = OutputPlace.IsReplaced } };
            using ModelFolder? folder = log.HasErrors ? null : ModelFolder.Open(model, log);
            if (folder is null || !Read(adapters, read, run))
            {
                return Refused(log);
            }

            return new FusionRun(folder, read, output, options, run).Run();
        }
        catch (ContainerException broken)
        {
            log.Add(DamagedFile.Describe(broken));
            return Refused(log);
        }
        catch (AtomicFolderException taken)
        {
            log.Add(TargetCodes.OutputExists.At(output, OutputTakenException.Of(taken, output).Reason));
            return Refused(log);
        }
        catch (NotFiniteException found)
        {
            log.Add(FusionCodes.NotFinite.At(found.Weight, found.Message));
            return Refused(log);
        }
        finally
        {
            read.ForEach(item => item.Dispose());
        }
    }

    private static bool Read(IReadOnlyList<IAdapterSource> adapters, List<ReadResult> read, Run run)
    {
        var log = new FindingLog(run.Options.Allowed);
        foreach (IAdapterSource source in adapters)
        {
            if (ReadAdapter.ToFuse(source, run with { Log = log }) is { } adapter)
            {
                read.Add(adapter);
                ValueProbes.Vanishing(adapter.Adapter, adapter.Dialect, log);
            }
        }

        run.Log.AddRange(log.ToSorted().Select(AskRepair));

        return !run.Log.HasErrors && read.Count == adapters.Count;
    }

    // A merge has a --scale of another meaning and no --dropout; what a config leaves open is answered in the adapter itself.
    private static Finding AskRepair(Finding finding)
    {
        string message = Answered(finding.Message);
        return message == finding.Message ? finding
            : finding with { Message = message, Remedy = "Merge what transfuse repair makes of the adapter with that option." };
    }

    private static string Answered(string text)
    {
        foreach (string option in new[] { "--scale", "--dropout" })
        {
            text = text.Replace(option, $"transfuse repair {option}", StringComparison.Ordinal);
        }

        return text.Replace("give transfuse", "run transfuse", StringComparison.Ordinal).Replace("or transfuse", "or run transfuse", StringComparison.Ordinal);
    }

    private static FusionResult Refused(FindingLog log) => new(log.ToSorted(), [], false);
}
