using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Sources.Faults;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Sources.Faults;

/// <summary>What fails for a moment is repeated and said; what is final is not.</summary>
public class RetryTests
{
    private static readonly FaultOptions Quick = new() { Retries = 3, Pause = TimeSpan.FromMilliseconds(1) };

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Reads_that_fail_for_a_moment_are_repeated_and_the_output_is_the_same(int times)
    {
        var log = new RetryLog();
        using var faulting = new FaultingSource(AdapterSource.Open(Fixtures.Case("llama_qv").AdapterFolder), times, () => new IOException("Stale file handle", 116));
        using var source = new RetryingAdapterSource(faulting, Quick, log);
        Assert.Equal(Files(AdapterSource.Open(Fixtures.Case("llama_qv").AdapterFolder)), Files(source));
        Assert.True(log.Count >= times, $"{log.Count}");
        Assert.All(log.ToFindings(), finding => Assert.Contains("Stale file handle", finding.Message));
    }

    [Fact]
    public void A_fault_that_stays_is_thrown_after_the_last_attempt()
    {
        var log = new RetryLog();
        using var faulting = new FaultingSource(AdapterSource.Open(Fixtures.Case("llama_qv").AdapterFolder), 1000, () => new TransientFaultException("busy"));
        using var source = new RetryingAdapterSource(faulting, Quick, log);
        Assert.Throws<TransientFaultException>(() => Files(source));
        Assert.Equal(3, log.Count);
    }

    public static TheoryData<Exception> Final { get; } =
    [
        new IOException("No space left on device", 28), new IOException("Read-only file system", 30), new FileNotFoundException("gone"),
        new UnauthorizedAccessException("denied"), new EndOfStreamException("short"), new IOException("anything else"),
    ];

    [Theory]
    [MemberData(nameof(Final))]
    public void What_is_final_is_not_repeated(Exception failure)
    {
        var log = new RetryLog();
        using var faulting = new FaultingSource(AdapterSource.Open(Fixtures.Case("llama_qv").AdapterFolder), 1, () => failure);
        using var source = new RetryingAdapterSource(faulting, Quick, log);
        Assert.Same(failure, Assert.Throws(failure.GetType(), () => Files(source)));
        Assert.Equal(0, log.Count);
    }

    [Fact]
    public void Writes_that_fail_for_a_moment_are_repeated_at_their_place()
    {
        var log = new RetryLog();
        var memory = new MemoryAdapterSink();
        using var sink = new RetryingAdapterSink(new BusySink(memory, 2), Quick, log);
        using IAdapterSource source = AdapterSource.Open(Fixtures.Case("llama_qv").AdapterFolder);
        Assert.True(AdapterPipeline.From(source).To(TargetProfile.MlxLm).WriteTo(sink).Run(TestContext.Current.CancellationToken).IsWritten);
        Assert.Equal(Files(AdapterSource.Open(Fixtures.Case("llama_qv").AdapterFolder)), Text(memory));
        Assert.InRange(log.Count, 2, 6);
    }

    [Fact]
    public void A_full_disk_is_final()
    {
        using var sink = new RetryingAdapterSink(new FaultingSink(400), Quick);
        using IAdapterSource source = AdapterSource.Open(Fixtures.Case("llama_qv").AdapterFolder);
        Assert.Equal(
            "No space left on device",
            Assert.Throws<IOException>(() => AdapterPipeline.From(source).To(TargetProfile.MlxLm).WriteTo(sink).Run(TestContext.Current.CancellationToken)).Message);
    }

    private static string Files(IAdapterSource source)
    {
        using (source)
        {
            var sink = new MemoryAdapterSink();
            Assert.True(AdapterPipeline.From(source).To(TargetProfile.MlxLm).WriteTo(sink).Run(TestContext.Current.CancellationToken).IsWritten);
            return Text(sink);
        }
    }

    private static string Text(MemoryAdapterSink sink) =>
        string.Join(' ', sink.Files.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => $"{file.Key}={System.Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(file.Value.Span))}"));
}
