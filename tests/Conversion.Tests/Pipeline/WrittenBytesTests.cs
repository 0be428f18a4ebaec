using System.Collections.Immutable;
using System.Security.Cryptography;
using Transfuse.Conversion.Tests.Repair;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Targets;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Pipeline;

/// <summary>
/// The bytes of every conversion and repair of a recorded adapter are those of tests/golden/written.txt: a change that nobody meant is seen.
/// With TRANSFUSE_UPDATE_DOCS=1 the list is written anew; what differs then belongs into the commit's message.
/// </summary>
public class WrittenBytesTests
{
    private static readonly string Golden = Path.Combine(Fixtures.RepositoryRoot, "tests", "golden", "written.txt");

    private static readonly ImmutableArray<TargetProfile> Targets = [.. TargetProfile.All.Where(profile => profile.IsWritable)];

    [Fact]
    public void Are_as_recorded()
    {
        string[] lines = [.. Cases().AsParallel().AsOrdered().SelectMany(Lines)];
        if (Environment.GetEnvironmentVariable("TRANSFUSE_UPDATE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Golden)!);
            File.WriteAllLines(Golden, lines);
        }

        Assert.True(lines.Length > 700, $"only {lines.Length} lines");
        Assert.Equal(File.ReadAllLines(Golden), lines);
    }

    private static IEnumerable<(string Name, string Adapter, string Base)> Cases()
    {
        foreach (FixtureCase fixture in Fixtures.Cases)
        {
            yield return (fixture.Name, fixture.AdapterFolder, Fixtures.HfBaseFolder(fixture.Architecture));
        }

        string generated = Path.Combine(Fixtures.Root, "generated");
        foreach (string folder in Directory.GetDirectories(generated).Order(StringComparer.Ordinal).Where(folder => Path.GetFileName(folder) != "bases"))
        {
            string baseName = Path.GetFileName(OracleJson.Read(Path.Combine(folder, "case.json")).GetText("base")!);
            yield return (Path.GetFileName(folder), Path.Combine(folder, "peft"), Path.Combine(generated, "bases", baseName));
        }
    }

    private static IEnumerable<string> Lines((string Name, string Adapter, string Base) item)
    {
        using var folder = new TemporaryFolder();
        foreach (TargetProfile target in Targets)
        {
            string output = folder[target.Name];
            _ = Run.Convert(item.Adapter, target, output, item.Base);
            foreach (string line in Files($"{item.Name} {target.Name}", output))
            {
                yield return line;
            }
        }

        string experts = folder["transformers-4"];
        _ = Run.Convert(item.Adapter, TargetProfile.Peft, experts, item.Base, ConversionOptions.Default with { TransformersGeneration = 4 });
        string repaired = folder["repair"];
        _ = Repairing.Run(item.Adapter, repaired);
        foreach (string line in Files($"{item.Name} peft-4", experts).Concat(Files($"{item.Name} repair", repaired)))
        {
            yield return line;
        }
    }

    private static IEnumerable<string> Files(string label, string folder) => !Directory.Exists(folder)
        ? [$"{label} refused"]
        : Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(file => $"{label} {Path.GetFileName(file)} {Hash(file)}");

    private static string Hash(string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))[..16];
}
