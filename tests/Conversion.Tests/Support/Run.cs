using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Pipeline;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Metadata.Targets;

namespace Transfuse.Conversion.Tests.Support;

/// <summary>Runs the pipeline on folders, as the command does.</summary>
public static class Run
{
    public static ConversionResult Convert(string input, TargetProfile target, string output, string? baseFolder = null, ConversionOptions? options = null)
    {
        using IAdapterSource source = AdapterSource.Open(input);
        using IAdapterSink sink = AdapterSink.Folder(output);
        return AdapterPipeline.From(source).To(target)
            .WithBase(baseFolder is null ? null : BaseModel.FromFolder(baseFolder))
            .WithOptions(options ?? ConversionOptions.Default)
            .WriteTo(sink)
            .Run(TestContext.Current.CancellationToken);
    }

    /// <summary>Converts, and fails the test with all findings unless it succeeds.</summary>
    public static ConversionResult MustConvert(string input, TargetProfile target, string output, string? baseFolder = null, ConversionOptions? options = null)
    {
        ConversionResult result = Convert(input, target, output, baseFolder, options);
        Assert.True(result.IsWritten, string.Join(Environment.NewLine, result.Findings));
        return result;
    }

    /// <summary>Converts, and fails the test unless it is refused with exactly these error codes and nothing is written.</summary>
    public static ConversionResult MustRefuse(
        string input, TargetProfile target, string output, string[] codes, string? baseFolder = null, ConversionOptions? options = null)
    {
        ConversionResult result = Convert(input, target, output, baseFolder, options);
        Assert.False(result.IsWritten);
        Assert.False(Directory.Exists(output), "something was written");
        Assert.Equal(
            codes.Order(),
            result.Findings.Where(finding => finding.Severity == Metadata.Findings.Severity.Error).Select(finding => finding.Code.Id).Distinct().Order());
        return result;
    }

    /// <summary>Converts in memory; <paramref name="baseConfig"/> is the base's config.json as text, or null for none.</summary>
    public static Converted InMemory(IAdapterSource source, TargetProfile target, string? baseConfig = null, ConversionOptions? options = null)
    {
        using var sink = new MemoryAdapterSink();
        ConversionResult result = AdapterPipeline.From(source).To(target)
            .WithBase(baseConfig is null ? null : BaseFolders.For(baseConfig))
            .WithOptions(options ?? ConversionOptions.Default)
            .WriteTo(sink)
            .Run(TestContext.Current.CancellationToken);
        Assert.Equal(result.IsWritten, sink.Files.Count > 0);
        return new Converted(result, sink.Files);
    }

    /// <summary>Converts in memory, and fails the test with all findings unless it succeeds.</summary>
    public static Converted MustConvert(SmallAdapter adapter, TargetProfile target, string? baseConfig = null, ConversionOptions? options = null) =>
        MustConvert(adapter.Open(), target, baseConfig, options);

    /// <summary>Converts in memory, and fails the test with all findings unless it succeeds.</summary>
    public static Converted MustConvert(IAdapterSource source, TargetProfile target, string? baseConfig = null, ConversionOptions? options = null)
    {
        Converted converted = InMemory(source, target, baseConfig, options);
        Assert.True(converted.Result.IsWritten, converted.ToString());
        return converted;
    }

    /// <summary>Converts in memory, and fails the test unless it is refused with exactly these error codes.</summary>
    public static Converted MustRefuse(SmallAdapter adapter, TargetProfile target, string[] codes, string? baseConfig = null, ConversionOptions? options = null)
    {
        Converted converted = InMemory(adapter.Open(), target, baseConfig, options);
        Assert.False(converted.Result.IsWritten, "it was converted");
        Assert.True(codes.Order(StringComparer.Ordinal).SequenceEqual(converted.Errors), converted.ToString());
        return converted;
    }
}
