using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sources;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Sources.Faults;

/// <summary>A failing disk and a cancelled run leave nothing that looks finished.</summary>
public class FaultTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(400)]
    [InlineData(2000)]
    [InlineData(10000)]
    public void Full_disk_is_an_io_error_and_commits_nothing(long room)
    {
        using var sink = new FaultingSink(room);
        using IAdapterSource source = AdapterSource.Open(Fixtures.Case("llama_qv").AdapterFolder);
        AdapterPipeline pipeline = AdapterPipeline.From(source).To(TargetProfile.MlxLm).WriteTo(sink);

        IOException failure = Assert.Throws<IOException>(() => pipeline.Run(TestContext.Current.CancellationToken));
        Assert.Equal("No space left on device", failure.Message);
        Assert.False(sink.IsCommitted);
    }

    [Fact]
    public void Enough_room_commits()
    {
        using var sink = new FaultingSink(1 << 20);
        using IAdapterSource source = AdapterSource.Open(Fixtures.Case("llama_qv").AdapterFolder);
        Assert.True(AdapterPipeline.From(source).To(TargetProfile.MlxLm).WriteTo(sink).Run(TestContext.Current.CancellationToken).IsWritten);
        Assert.True(sink.IsCommitted);
    }

    [Fact]
    public async Task Cancelled_run_throws_and_commits_nothing()
    {
        using var sink = new FaultingSink(1 << 20);
        using IAdapterSource source = AdapterSource.Open(Fixtures.Case("llama_qv").AdapterFolder);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => AdapterPipeline.From(source).To(TargetProfile.MlxLm).WriteTo(sink).RunAsync(cancelled.Token));
        Assert.False(sink.IsCommitted);
    }

    [Fact]
    public void Writes_over_its_own_source()
    {
        using AdapterCopy copy = AdapterCopy.Of(Fixtures.Case("llama_qv"));
        string folder = copy.Save();
        using IAdapterSource source = AdapterSource.Open(folder);
        using Sinks.IAdapterSink sink = Sinks.AdapterSink.Folder(folder, new Formats.Files.AtomicFolderOptions { Overwrite = true });
        Assert.True(AdapterPipeline.From(source).To(TargetProfile.MlxLm).WriteTo(sink).Run(TestContext.Current.CancellationToken).IsWritten);
        Assert.Empty(MlxLmLoader.Load(folder, MlxBase.Fixture("llama")).Complaints);
    }
}
