using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Stages;
using Transfuse.Conversion.Stages.Fit;
using Transfuse.Conversion.Stages.Fit.Mapping;
using Transfuse.Conversion.Stages.Read;
using Transfuse.Formats.Files;
using Transfuse.Metadata.Adapters;
using Transfuse.Metadata.Findings;

namespace Transfuse.Conversion.Pipeline;

/// <summary>Reads adapters with their values, in the canonical orientation of every dialect; methods other than LoRA as LoRA of their exact rank.</summary>
/// <example>
/// <code>
/// using IAdapterSource folder = AdapterSource.Open("adapters/llama");
/// AdapterReading reading = await AdapterReader.ReadAsync(folder, cancellationToken: cancellationToken);
/// if (reading.Adapter is { } read)
/// {
///     Console.WriteLine($"{read.Modules.Length} modules, {read.ParameterCount} values");
/// }
/// </code>
/// </example>
public static class AdapterReader
{
    /// <summary>Reads one adapter. Its tensors are read from the source when they are asked for, and can be until the source is disposed.</summary>
    /// <param name="source">The files; the caller keeps and disposes it.</param>
    /// <param name="options">
    /// What the caller decides; of it the base, adapter name, model type, scale, dropout, producer and what is allowed matter. Default:
    /// <see cref="ConversionOptions.Default"/>.
    /// </param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="IOException">The operating system failed.</exception>
    public static AdapterReading Read(IAdapterSource source, ConversionOptions? options = null, CancellationToken cancellationToken = default) =>
        Bring(source, options, (adapter, _) => adapter, cancellationToken);

    /// <summary>
    /// Reads one adapter as MLX would hold it, by mlx-lm's paths: gate and up apart, experts stacked, without what equals the base. See <see cref="Read"/>.
    /// </summary>
    public static AdapterReading ReadInMlx(IAdapterSource source, ConversionOptions? options = null, CancellationToken cancellationToken = default) =>
        Bring(source, options, (adapter, run) => MapLayout.InMlx(SavedEmbeddings.LeaveOutEqual(adapter, run), run), cancellationToken);

    /// <summary>Reads one adapter on a worker thread; the work itself is synchronous. See <see cref="Read"/>.</summary>
    public static Task<AdapterReading> ReadAsync(IAdapterSource source, ConversionOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => Read(source, options, cancellationToken), cancellationToken);

    private static AdapterReading Bring(
        IAdapterSource source, ConversionOptions? options, Func<Adapter, Run, Adapter?> into, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= ConversionOptions.Default;
        var log = new FindingLog(options.Allowed);
        var run = new Run(options, log, cancellationToken);
        ReadResult? read = null;
        Adapter? adapter = null;
        try
        {
            read = ReadAdapter.ToCompare(source, run);
            adapter = read is null || log.HasErrors ? null : into(read.Adapter, run);
        }
        catch (ContainerException broken)
        {
            log.Add(DamagedFile.Describe(broken));
        }

        if (adapter is not null && !log.HasErrors)
        {
            return new AdapterReading(log.ToSorted(), read!.Dialect.Id, adapter);
        }

        read?.Dispose();
        return new AdapterReading(log.ToSorted(), null, null);
    }
}
