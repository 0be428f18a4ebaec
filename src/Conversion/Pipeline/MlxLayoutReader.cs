using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Stages;
using Transfuse.Conversion.Stages.Mapping;
using Transfuse.Formats.Files;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Pipeline;

/// <summary>Reads an adapter of any dialect as MLX would hold it: gate and up apart, experts stacked, MLX's paths.</summary>
public static class MlxLayoutReader
{
    /// <summary>Opens an adapter. The caller disposes what it gets, and keeps the source until then.</summary>
    /// <param name="source">Its files.</param>
    /// <param name="baseModel">The base model, for names and shapes.</param>
    /// <param name="options">What decides how adapters are read.</param>
    /// <param name="log">Takes the findings.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The adapter, or <see langword="null"/> with an error in the log.</returns>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static OpenedAdapter? Open(
        IAdapterSource source, BaseModel? baseModel, ConversionOptions options, FindingLog log, CancellationToken cancellationToken = default)
    {
        var context = new StageContext(TargetProfile.MlxLm, baseModel, options, log, cancellationToken);
        ReadResult? read = null;
        try
        {
            read = ReadAdapter.ReadToCompare(source, context);
            if (read is not null && !log.HasErrors && MapLayout.InMlx(SavedEmbeddings.LeaveOutEqual(read.Adapter, context), context) is { } adapter && !log.HasErrors)
            {
                return new OpenedAdapter(read, adapter);
            }
        }
        catch (ContainerException broken)
        {
            log.Add(DamagedFile.Describe(broken));
        }
        catch
        {
            read?.Dispose();
            throw;
        }

        read?.Dispose();
        return null;
    }
}
