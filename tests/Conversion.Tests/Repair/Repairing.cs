using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Sinks;
using Transfuse.Conversion.Sources;
using Transfuse.Metadata.Findings;
using Transfuse.Metadata.Mlx;

namespace Transfuse.Conversion.Tests.Repair;

/// <summary>Runs repairs on folders, as the command does.</summary>
internal static class Repairing
{
    public static RepairResult Run(string input, string output, string? baseFolder = null, ConversionOptions? options = null)
    {
        using IAdapterSource source = AdapterSource.Open(input);
        using IAdapterSink sink = AdapterSink.Folder(output);
        return AdapterRepair.Of(source)
            .WithBase(baseFolder is null ? null : BaseModel.FromFolder(baseFolder))
            .WithOptions(options ?? ConversionOptions.Default)
            .WriteTo(sink)
            .Run(TestContext.Current.CancellationToken);
    }

    /// <summary>Repairs files in memory; no file is there where it is refused.</summary>
    public static (RepairResult Result, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files) InMemory(
        IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files, ConversionOptions? options = null)
    {
        using IAdapterSource source = AdapterSource.FromMemory("adapter", files);
        using var sink = new MemoryAdapterSink();
        RepairResult result = AdapterRepair.Of(source).WithOptions(options ?? ConversionOptions.Default).WriteTo(sink).Run(
            TestContext.Current.CancellationToken);
        Assert.Equal(result.IsWritten, sink.Files.Count > 0);
        return (result, sink.Files);
    }

    public static RepairResult InPlace(string folder, ConversionOptions? options = null)
    {
        using IAdapterSource source = AdapterSource.Open(folder);
        return AdapterRepair.Of(source).WithOptions(options ?? ConversionOptions.Default).InPlace().Run(TestContext.Current.CancellationToken);
    }

    /// <summary>Repairs, and fails the test with all findings unless it succeeds.</summary>
    public static RepairResult Must(string input, string output, string? baseFolder = null, ConversionOptions? options = null)
    {
        RepairResult result = Run(input, output, baseFolder, options);
        Assert.True(result.IsWritten, string.Join(Environment.NewLine, result.Findings));
        return result;
    }

    /// <summary>Repairs, and fails the test unless it is refused with exactly these error codes.</summary>
    public static RepairResult MustRefuse(string input, string output, string[] codes, ConversionOptions? options = null)
    {
        RepairResult result = Run(input, output, null, options);
        Assert.False(result.IsWritten, "it was repaired");
        Assert.False(Directory.Exists(output), "something was written");
        Assert.Equal(codes, result.Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => finding.Code.Id).Distinct());
        return result;
    }

    public static ConversionOptions Scale(double scale) => ConversionOptions.Default with { Scale = scale };

    public static ConversionOptions Producer(string producer) => ConversionOptions.Default with { Producer = MlxProducer.Parse(producer) };

    /// <summary>The folders hold the same files with the same bytes.</summary>
    public static void AssertSameFiles(string expected, string actual)
    {
        Assert.Equal(Directory.GetFiles(expected).Select(Path.GetFileName).Order(), Directory.GetFiles(actual).Select(Path.GetFileName).Order());
        foreach (string file in Directory.GetFiles(expected))
        {
            Assert.True(
                File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(actual, Path.GetFileName(file)))), Path.GetFileName(file));
        }
    }
}
