using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>All verbs are called alike: what they work on, options with defaults, a token; and nothing given is refused at once, by name.</summary>
public class VerbShapeTests
{
    private static readonly FixtureCase Llama = Fixtures.Case("llama_qv");

    [Fact]
    public async Task Every_verb_runs_with_its_defaults()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        using IAdapterSource source = AdapterSource.Open(Llama.AdapterFolder);
        using var converted = new MemoryAdapterSink();
        using var repaired = new MemoryAdapterSink();
        Assert.Equal(6, (await AdapterInspector.InspectAsync(source, cancellationToken: token)).Adapter!.Modules.Length);
        Assert.True((await AdapterPipeline.ConvertAsync(source, TargetProfile.MlxLm, converted, cancellationToken: token)).IsWritten);
        Assert.True((await AdapterRepair.RepairAsync(source, repaired, cancellationToken: token)).IsWritten);
        Assert.Equal(CheckVerdict.Loads, (await AdapterChecker.CheckAsync(source, TargetProfile.Peft, cancellationToken: token)).Verdict);
        using IAdapterSource output = AdapterSource.FromMemory("converted", converted.Files);
        Assert.True((await AdapterVerifier.VerifyAsync(source, output, cancellationToken: token)).Comparison!.Agrees(0));
        Assert.Equal(6, (await AdapterReader.ReadAsync(source, cancellationToken: token)).Adapter!.Modules.Length);
    }

    [Fact]
    public async Task Every_verb_ends_when_cancelled()
    {
        using IAdapterSource source = AdapterSource.Open(Llama.AdapterFolder);
        using var sink = new MemoryAdapterSink();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AdapterInspector.InspectAsync(source, cancellationToken: cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => AdapterPipeline.ConvertAsync(source, TargetProfile.MlxLm, sink, cancellationToken: cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AdapterRepair.RepairAsync(source, sink, cancellationToken: cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => AdapterChecker.CheckAsync(source, TargetProfile.Peft, cancellationToken: cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AdapterVerifier.VerifyAsync(source, source, cancellationToken: cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AdapterReader.ReadAsync(source, cancellationToken: cancelled.Token));
        Assert.Empty(sink.Files);
    }

    [Fact]
    public void Nothing_is_refused_by_name()
    {
        using IAdapterSource source = AdapterSource.Open(Llama.AdapterFolder);
        Assert.Throws<ArgumentNullException>("source", () => AdapterPipeline.From(null!));
        Assert.Throws<ArgumentNullException>("profile", () => AdapterPipeline.From(source).To(null!));
        Assert.Throws<ArgumentNullException>("options", () => AdapterPipeline.From(source).WithOptions(null!));
        Assert.Throws<ArgumentNullException>("sink", () => AdapterPipeline.From(source).WriteTo(null!));
        Assert.Throws<ArgumentNullException>("source", () => AdapterRepair.Of(null!));
        Assert.Throws<ArgumentNullException>("options", () => AdapterRepair.Of(source).WithOptions(null!));
        Assert.Throws<ArgumentNullException>("sink", () => AdapterRepair.Of(source).WriteTo(null!));
        Assert.Throws<ArgumentNullException>("source", () => AdapterChecker.Check(null!, TargetProfile.Peft));
        Assert.Throws<ArgumentNullException>("reader", () => AdapterChecker.Check(source, null!));
        Assert.Throws<ArgumentNullException>("source", () => AdapterInspector.Inspect(null!));
        Assert.Throws<ArgumentNullException>("first", () => AdapterVerifier.Verify(null!, source));
        Assert.Throws<ArgumentNullException>("second", () => AdapterVerifier.Verify(source, null!));
        Assert.Throws<ArgumentNullException>("path", () => AdapterSource.Open(null!));
        Assert.Throws<ArgumentException>("path", () => AdapterSource.Open(string.Empty));
        Assert.Throws<ArgumentNullException>("name", () => AdapterSource.FromMemory(null!, new Dictionary<string, ReadOnlyMemory<byte>>()));
        Assert.Throws<ArgumentNullException>("files", () => AdapterSource.FromMemory("name", null!));
        Assert.Throws<ArgumentNullException>("path", () => AdapterSink.Folder(null!));
        Assert.Throws<ArgumentNullException>("folder", () => BaseModel.FromFolder(null!));
    }

    [Fact]
    public void What_is_missing_is_named_before_anything_is_read()
    {
        using IAdapterSource source = AdapterSource.Open(Llama.AdapterFolder);
        Assert.Contains("target", Assert.Throws<InvalidOperationException>(() => AdapterPipeline.From(source).Run()).Message);
        Assert.Contains("sink", Assert.Throws<InvalidOperationException>(() => AdapterPipeline.From(source).To(TargetProfile.MlxLm).Run()).Message);
        Assert.Empty(typeof(AdapterPipeline).GetConstructors());
        Assert.Empty(typeof(AdapterRepair).GetConstructors());
    }

    [Fact]
    public void A_base_stays_whichever_comes_first()
    {
        using IAdapterSource source = AdapterSource.Open(Fixtures.Case("gemma3_all").AdapterFolder);
        BaseModel gemma = BaseModel.FromFolder(Fixtures.Case("gemma3_all").BaseFolder);
        var dry = new ConversionOptions { DryRun = true };
        foreach (AdapterPipeline pipeline in new[]
        {
            AdapterPipeline.From(source).WithBase(gemma).WithOptions(dry),
            AdapterPipeline.From(source).WithOptions(dry).WithBase(gemma),
            AdapterPipeline.From(source).WithOptions(dry with { Base = gemma }),
        })
        {
            ConversionResult result = pipeline.To(TargetProfile.MlxLm).Run(TestContext.Current.CancellationToken);
            Assert.True(result.Succeeded, string.Join(Environment.NewLine, result.Findings));
            Assert.DoesNotContain(result.Findings, finding => finding.Code.Id == "TF4004");
        }
    }

    [Fact]
    public async Task The_example_of_the_README_runs_as_it_stands()
    {
        using var folder = new TemporaryFolder();
        string Example(string path) => path switch
        {
            "adapters/llama" => Llama.AdapterFolder,
            "models/llama" => Llama.BaseFolder,
            _ => folder[path.Replace('/', '-')],
        };

#pragma warning disable xUnit1051 // The README's example has no token to give.
        // README
        using IAdapterSource source = AdapterSource.Open(Example("adapters/llama"));
        using IAdapterSink sink = AdapterSink.Folder(Example("adapters/llama-mlx"));
        ConversionResult result = await AdapterPipeline
            .From(source)
            .To(TargetProfile.MlxLm)
            .WithBase(BaseModel.FromFolder(Example("models/llama")))
            .WriteTo(sink)
            .RunAsync();
        // README
#pragma warning restore xUnit1051

        Assert.True(result.IsWritten);
        string test = await File.ReadAllTextAsync(
            Path.Combine(Fixtures.RepositoryRoot, "tests", "Conversion.Tests", "Pipeline", "VerbShapeTests.cs"), TestContext.Current.CancellationToken);
        string[] code = [.. test.Split("// README\n")[1].TrimEnd().Split('\n').Select(line => line.Length > 8 ? line[8..] : line)];
        string readme = await File.ReadAllTextAsync(Path.Combine(Fixtures.RepositoryRoot, "README.md"), TestContext.Current.CancellationToken);
        string expected = System.Text.RegularExpressions.Regex.Replace(string.Join('\n', code), @"Example\((""[^""]*"")\)", "$1");
        Assert.Contains($"```csharp\n{expected}\n```", readme);
    }
}
