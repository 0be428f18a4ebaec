using Transfuse.Conversion.Repair;
using Transfuse.Conversion.Tests.Support;
using Transfuse.Metadata.Findings;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Repair;

/// <summary>Small MLX folders and their repairs, shared by the tests of them.</summary>
internal static class SmallMlx
{
    public static SmallAdapter Layers(int count)
    {
        SmallAdapter adapter = SmallAdapter.Mlx();
        for (int layer = 0; layer < count; layer++)
        {
            adapter.MlxPair($"model.layers.{layer}.self_attn.q_proj", 8, 8);
        }

        return adapter;
    }

    public static string[] Errors(RepairResult result) =>
        [.. result.Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => finding.Code.Id).Distinct()];

    public static (RepairResult Result, Converted Folder) Must(SmallAdapter adapter, string? baseConfig = null, ConversionOptions? options = null)
    {
        using var folder = new TemporaryFolder();
        foreach ((string name, ReadOnlyMemory<byte> bytes) in adapter.Files())
        {
            File.WriteAllBytes(folder[name], bytes.Span);
        }

        using var baseFolder = new TemporaryFolder();
        File.WriteAllText(baseFolder["config.json"], baseConfig ?? "{}");
        RepairResult result = Repairing.Must(folder.Path, folder["out"], baseConfig is null ? null : baseFolder.Path, options);
        return (
            result,
            new Converted(
                null!,
                Directory.GetFiles(folder["out"]).ToDictionary(file => Path.GetFileName(file), file => new ReadOnlyMemory<byte>(File.ReadAllBytes(file)))));
    }
}
