using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources.Faults;
using Transfuse.Formats.Files;

namespace Transfuse.Conversion.Tests.Support;

/// <summary>A sink of any kind whose writes are repeated where they failed for a moment.</summary>
/// <param name="sink">The sink, which this one owns.</param>
/// <param name="options">How often; <see langword="null"/> for <see cref="FaultOptions.Files"/>.</param>
/// <param name="log">Told of repetitions; <see langword="null"/> for nobody.</param>
internal sealed class RetryingAdapterSink(IAdapterSink sink, FaultOptions? options = null, RetryLog? log = null) : IAdapterSink
{
    private readonly FaultPipeline _pipeline = options is null ? FaultPipeline.Files : new FaultPipeline(options);

    /// <inheritdoc />
    public IReadOnlyList<FolderRecovery> Recoveries => sink.Recoveries;

    /// <inheritdoc />
    public void Begin(AdapterInputs inputs) => sink.Begin(inputs);

    /// <inheritdoc />
    public bool Keeps(string fileName, IByteSource wanted, out bool isEqual) => sink.Keeps(fileName, wanted, out isEqual);

    /// <inheritdoc />
    public IByteSink Create(string fileName, UnixFileMode? permissions) =>
        new RetryingByteSink(fileName, _pipeline.Run(fileName, log, _ => sink.Create(fileName, permissions)), _pipeline, log);

    /// <inheritdoc />
    public void Commit() => sink.Commit();

    /// <inheritdoc />
    public void Dispose() => sink.Dispose();
}
