using Transfuse.Conversion.Checking;
using Transfuse.Conversion.Models.Bases;
using Transfuse.Conversion.Sources;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Readers;

/// <summary>The product's check and the Oracle's loader of each reader, side by side.</summary>
internal static class ReaderRun
{
    /// <summary>What the product says.</summary>
    public static CheckResult Check(string folder, string reader, string? baseFolder = null, CheckOptions? options = null)
    {
        using IAdapterSource source = AdapterSource.Open(folder);
        options = (options ?? CheckOptions.Default) with { Base = baseFolder is null ? null : BaseModel.FromFolder(baseFolder) };
        return AdapterChecker.Check(source, TargetProfile.Find(reader)!, options, TestContext.Current.CancellationToken);
    }

    /// <summary>What the Oracle says, on the base of a fixture.</summary>
    public static ReaderReport Load(string folder, string reader, FixtureCase fixture)
    {
        bool isPeft = File.Exists(Path.Combine(folder, "adapter_config.json"))
            && File.ReadAllText(Path.Combine(folder, "adapter_config.json")).Contains("target_modules", StringComparison.Ordinal);
        return reader switch
        {
            "mlx-lm" => MlxLmLoader.Load(folder, MlxBase.Fixture(fixture.Base)),
            "mlx-swift" => isPeft ? MlxSwiftLoader.LoadPeft(folder, MlxBase.Fixture(fixture.Base)) : MlxSwiftLoader.Load(folder, MlxBase.Fixture(fixture.Base)),
            "mlx-vlm" =>
                MlxVlmLoader.Load(
                    folder, fixture.Name == "vlm_legacy" ? MlxBase.Fixture(fixture.Base).WithPrefix("language_model.") : MlxBase.Fixture(fixture.Base)),
            "unsloth" => UnslothLoader.Load(folder, MlxBase.Fixture(fixture.Base)),
            "peft" => PeftLoader.Load(folder, HfBase.Fixture(fixture.Architecture)),
            "vllm" => VllmLoader.Load(folder, HfBase.Fixture(fixture.Architecture)),
            _ => SglangLoader.Load(folder, HfBase.Fixture(fixture.Architecture)),
        };
    }

    /// <summary>The Oracle's report as a verdict; modules that a reader makes without effect are no fault.</summary>
    public static CheckVerdict VerdictOf(ReaderReport report) =>
        !report.Loads ? CheckVerdict.Fails
        : report.Silent.All(complaint => complaint.EndsWith("it has no effect", StringComparison.Ordinal)) ? CheckVerdict.Loads
        : CheckVerdict.LoadsWrongly;

    /// <summary>The base that a reader would be given: MLX's form for MLX readers where there is one, else the Hugging Face folder.</summary>
    public static string BaseFor(string reader, FixtureCase fixture)
    {
        bool isMlx = TargetProfile.Find(reader)!.Dialect == AdapterDialect.Mlx;
        string mlx = Fixtures.MlxBaseFolder(fixture.Base);
        return isMlx && Directory.Exists(mlx) ? mlx : Fixtures.HfBaseFolder(fixture.Architecture);
    }
}
