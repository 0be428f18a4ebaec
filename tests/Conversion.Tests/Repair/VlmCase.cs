using System.Text.Json.Nodes;
using Transfuse.Oracle;

namespace Transfuse.Conversion.Tests.Repair;

/// <summary>
/// The tensors of a fixture in the folder that mlx-vlm 0.6 writes: paths from the root of the vision model, full-path keys, -1 layers and no base.
/// </summary>
internal sealed class VlmCase : IDisposable
{
    public const string Prefix = "language_model.";

    private readonly TemporaryFolder _folder = new();

    public VlmCase(string name)
    {
        FixtureCase source = Fixtures.Case(name);
        string folder = Directory.CreateDirectory(_folder[$"vlm_{name}/mlx"]).FullName;
        OracleTensor[] tensors =
            [.. OracleSafetensors.Read(
                Path.Combine(source.AdapterFolder, MlxFiles.Safetensors)).Values.Select(tensor => tensor with { Name = Prefix + tensor.Name })];
        OracleSafetensors.Write(Path.Combine(folder, MlxFiles.Safetensors), tensors);
        JsonNode parameters = JsonNode.Parse(File.ReadAllText(Path.Combine(source.AdapterFolder, "adapter_config.json")))!["lora_parameters"]!;
        var config = new JsonObject
        {
            ["fine_tune_type"] = "lora",
            ["num_layers"] = -1,
            ["lora_parameters"] = new JsonObject
            {
                ["rank"] = parameters["rank"]!.DeepClone(),
                ["dropout"] = parameters["dropout"]!.DeepClone(),
                ["scale"] = parameters["scale"]!.DeepClone(),
                ["keys"] = new JsonArray(
                    [.. tensors.Select(tensor => tensor.Name[..tensor.Name.LastIndexOf('.')]).Distinct().Select(path => JsonValue.Create(path))]),
            },
        };
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"), config.ToJsonString());
        File.Copy(Path.Combine(source.Folder, "case.json"), _folder[$"vlm_{name}/case.json"]);
        Fixture = FixtureCase.Read(_folder[$"vlm_{name}"]);
    }

    public FixtureCase Fixture { get; }

    public void Dispose() => _folder.Dispose();
}
