using Transfuse.Conversion.Repair;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Repair;

/// <summary>
/// Folders that are whole stay as they are, byte for byte; what mlx-lm writes loads in mlx-swift-lm too after a repair, where that can hold it.
/// </summary>
public class GoodFixtureTests
{
    private static readonly string[] ChangedFields = ["num_layers", "lora_parameters.keys"];

    public static TheoryData<string> Peft { get; } = [.. Fixtures.PeftCases.Select(fixture => fixture.Name)];

    public static TheoryData<string> Mlx { get; } =
        [.. Fixtures.MlxCases.Select(fixture => fixture.Name).Where(name => name.StartsWith("mlx_", StringComparison.Ordinal) && name != "mlx_llama_full")];

    [Theory]
    [MemberData(nameof(Peft))]
    public void Peft_folders_are_not_touched(string name)
    {
        FixtureCase fixture = Fixtures.Case(name);
        using var folder = new TemporaryFolder();
        RepairResult result = Repairing.Must(fixture.AdapterFolder, folder["out"]);
        Assert.Empty(result.Changes);
        Assert.Empty(result.ConfigDiff);
        Repairing.AssertSameFiles(fixture.AdapterFolder, folder["out"]);
    }

    [Theory]
    [MemberData(nameof(Mlx))]
    public void Mlx_folders_keep_tensors_and_meaning(string name)
    {
        FixtureCase fixture = Fixtures.Case(name);
        MlxBase mlxBase = MlxBase.Fixture(fixture.Base);
        foreach (string? baseFolder in new[] { null, fixture.BaseFolder })
        {
            using var folder = new TemporaryFolder();
            RepairResult result = Repairing.Must(fixture.AdapterFolder, folder["out"], baseFolder);
            Assert.All(result.Changes, change => Assert.Contains(change.Subject, ChangedFields));
            Assert.Equal(
                File.ReadAllBytes(Path.Combine(fixture.AdapterFolder, "adapters.safetensors")),
                File.ReadAllBytes(Path.Combine(folder["out"], "adapters.safetensors")));
            (Meaning loaded, ReaderReport report) = Meaning.Loaded(folder["out"], mlxBase);
            Assert.True(report.LoadsAsIntended, report.ToString());
            Assert.Null(Meaning.Of(fixture).DifferenceTo(loaded));
            Assert.Empty(Repairing.Must(folder["out"], folder["again"], baseFolder).Changes);
        }
    }

    [Fact]
    public void A_plain_folder_of_mlx_lm_has_nothing_to_repair()
    {
        using var folder = new TemporaryFolder();
        Assert.Empty(Repairing.Must(Fixtures.Case("mlx_llama_qv").AdapterFolder, folder["out"]).Changes);
        Repairing.AssertSameFiles(Fixtures.Case("mlx_llama_qv").AdapterFolder, folder["out"]);
    }
}
