using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Stages;
using Transfuse.Formats.Files;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Pipeline;

/// <summary>Reads adapters with their values, in the canonical orientation of every dialect; methods other than LoRA as LoRA of their exact rank.</summary>
public static class AdapterReader
{
    /// <summary>Reads one adapter. Its tensors are read from the source when they are asked for, and can be until the source is disposed.</summary>
    /// <param name="source">The files; the caller keeps and disposes it.</param>
    /// <param name="options">What the caller decides; of it the base, adapter name, model type, scale, dropout, producer and what is allowed matter. Default: <see cref="ConversionOptions.Default"/>.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static AdapterReading Read(IAdapterSource source, ConversionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= ConversionOptions.Default;
        var log = new FindingLog(options.Allowed);
        ReadResult? read = null;
        try
        {
            read = ReadAdapter.ReadToCompare(source, new StageContext(TargetProfile.MlxLm, options.Base, options, log, cancellationToken));
        }
        catch (ContainerException broken)
        {
            log.Add(DamagedFile.Describe(broken));
        }

        if (log.HasErrors)
        {
            read?.Dispose();
            read = null;
        }

        return new AdapterReading(log.ToSorted(), read?.Dialect, read?.Adapter);
    }

    /// <summary>Reads one adapter on a worker thread; the work itself is synchronous. See <see cref="Read"/>.</summary>
    public static Task<AdapterReading> ReadAsync(IAdapterSource source, ConversionOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => Read(source, options, cancellationToken), cancellationToken);
}
